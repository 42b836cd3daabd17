/**
 * A page of several sections: their list at the left, or in a drop-down where the page is narrow, and one of them.
 * Each is loaded when it is first shown.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ErrorBox, Skeleton } from './states';

import '../../style/sections.css';

/** One section of a page; `P` is what the page gives to each. */
export interface ISection<P> {
  /** Which one it is, in commands and over a reload. */
  id: string;
  title: (trans: TranslationBundle) => string;
  /** Whether it is there; default: for everyone who sees the page. */
  isShown?: (props: P) => boolean;
  load: () => Promise<{ default: React.ComponentType<P> }>;
}

/** The section with an id that this page shows, or its first. */
export function sectionOf<P>(
  sections: readonly ISection<P>[],
  props: P,
  id: string
): ISection<P> {
  const shown = sections.filter(one => one.isShown?.(props) ?? true);
  return shown.find(one => one.id === id) ?? shown[0];
}

/** The whole page. `id` is the section in front, `onShow` is called with another one's. */
export function Sections<P extends object>(props: {
  name: string;
  sections: readonly ISection<P>[];
  id: string;
  onShow: (id: string) => void;
  trans: TranslationBundle;
  given: P;
}): JSX.Element {
  const { name, sections, id, onShow, trans, given } = props;
  const shown = sections.filter(one => one.isShown?.(given) ?? true);
  const current = sectionOf(sections, given, id);
  const heading = React.useId();
  return (
    <div className="jp-QuantLab-Sections">
      <div className="jp-QuantLab-Sections-columns">
        <SectionList
          name={name}
          shown={shown}
          current={current.id}
          onShow={onShow}
          trans={trans}
        />
        <div className="jp-QuantLab-Sections-narrow jp-QuantLab-Field">
          <select
            className="jp-mod-styled"
            aria-label={name}
            value={current.id}
            onChange={event => onShow(event.target.value)}
          >
            {shown.map(one => (
              <option key={one.id} value={one.id}>
                {one.title(trans)}
              </option>
            ))}
          </select>
        </div>
        <section
          className="jp-QuantLab-Sections-content"
          aria-labelledby={heading}
        >
          <h2 id={heading}>{current.title(trans)}</h2>
          <Loaded
            key={current.id}
            section={current}
            given={given}
            trans={trans}
          />
        </section>
      </div>
    </div>
  );
}

/** The list: one stop of the Tab key, arrows inside, Enter or a click shows. */
function SectionList<P>(props: {
  name: string;
  shown: readonly ISection<P>[];
  current: string;
  onShow: (id: string) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { name, shown, current, onShow, trans } = props;
  const list = React.useRef<HTMLUListElement>(null);
  const move = (event: React.KeyboardEvent): void => {
    const buttons = Array.from(list.current?.querySelectorAll('button') ?? []);
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const goals: Record<string, number> = {
      ArrowDown: Math.min(at + 1, buttons.length - 1),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: buttons.length - 1
    };
    if (event.key in goals) {
      event.preventDefault();
      buttons[goals[event.key]].focus();
    }
  };
  return (
    <nav className="jp-QuantLab-Sections-list" aria-label={name}>
      <ul ref={list} onKeyDown={move}>
        {shown.map(one => (
          <li key={one.id}>
            <button
              type="button"
              tabIndex={one.id === current ? 0 : -1}
              aria-current={one.id === current ? 'page' : undefined}
              onClick={() => onShow(one.id)}
            >
              {one.title(trans)}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A section that is fetched now. */
function Loaded<P extends object>(props: {
  section: ISection<P>;
  given: P;
  trans: TranslationBundle;
}): JSX.Element {
  const { section, given, trans } = props;
  const [View, setView] = React.useState<React.ComponentType<P> | null>(null);
  const [error, setError] = React.useState<unknown>(null);
  const [count, again] = React.useReducer((value: number) => value + 1, 0);
  React.useEffect(() => {
    let isWanted = true;
    setError(null);
    section.load().then(
      module => {
        if (isWanted) {
          setView(() => module.default);
        }
      },
      (reason: unknown) => {
        if (isWanted) {
          setError(reason);
        }
      }
    );
    return () => {
      isWanted = false;
    };
  }, [section, count]);
  if (error) {
    return <ErrorBox error={error} trans={trans} onRetry={again} />;
  }
  return View ? (
    <View {...given} />
  ) : (
    <Skeleton rows={3} label={trans.__('Loading')} />
  );
}
