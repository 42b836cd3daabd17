/**
 * Controls that fold into a menu where what they belong to is narrow, and stand in the row where it is wide.
 */
import { ellipsesIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/** The controls are `children`; `label` names the button that shows them. Where there is room, there is no button. */
export function Fold(props: {
  label: string;
  children: React.ReactNode;
}): JSX.Element {
  const { label, children } = props;
  const [isOpen, open] = React.useState(false);
  const node = React.useRef<HTMLSpanElement>(null);
  const button = React.useRef<HTMLButtonElement>(null);
  const id = React.useId();
  React.useEffect(() => {
    if (!isOpen) {
      return;
    }
    const away = (event: Event): void => {
      if (!node.current?.contains(event.target as Node)) {
        open(false);
      }
    };
    document.addEventListener('pointerdown', away, true);
    document.addEventListener('focusin', away);
    return () => {
      document.removeEventListener('pointerdown', away, true);
      document.removeEventListener('focusin', away);
    };
  }, [isOpen]);
  return (
    <span
      ref={node}
      className="jp-QuantLab-Fold"
      onKeyDown={event => {
        if (event.key === 'Escape' && isOpen) {
          event.stopPropagation();
          open(false);
          button.current?.focus();
        }
      }}
    >
      <button
        ref={button}
        type="button"
        className="jp-QuantLab-IconButton jp-QuantLab-Fold-button"
        title={label}
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => open(!isOpen)}
      >
        <ellipsesIcon.react tag="span" width="16px" aria-hidden />
      </button>
      <span
        id={id}
        className={
          isOpen ? 'jp-QuantLab-Fold-menu jp-mod-open' : 'jp-QuantLab-Fold-menu'
        }
      >
        {children}
      </span>
    </span>
  );
}
