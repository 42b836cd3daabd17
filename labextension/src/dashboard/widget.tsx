/**
 * The dashboard in the main area: search, pinned, recent, projects, tags.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, searchIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { LibraryItem } from '../api/models';
import { openSaved } from '../library/opening';
import { SignedOut } from '../library/signedOut';
import type { IQuantLabDocuments, IQuantLabSession } from '../tokens';
import { attempt } from '../ui/attempt';
import { moveFocus } from './grid';
import type { DashboardModel } from './model';
import { Found, Groups, Section } from './sections';
import { FirstSteps, NewButtons } from './steps';

import '../../style/ui.css';
import '../../style/library.css';
import '../../style/dashboard.css';

const CARD = '.jp-QuantLab-Card-open';

export interface IDashboardOptions {
  model: DashboardModel;
  session: IQuantLabSession;
  documents: IQuantLabDocuments | null;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** The page. It loads when it is shown. */
export class Dashboard extends ReactWidget {
  constructor(private readonly _options: IDashboardOptions) {
    super();
    this.addClass('jp-QuantLab-Dashboard');
    _options.model.changed.connect(this._redraw, this);
    _options.session.changed.connect(this._redraw, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.session.changed.disconnect(this._redraw, this);
      this._options.model.dispose();
      super.dispose();
    }
  }

  protected override onAfterShow(_msg: Message): void {
    this._options.model.setVisible(true);
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._options.model.setVisible(this.isVisible);
  }

  protected override onAfterHide(_msg: Message): void {
    this._options.model.setVisible(false);
  }

  protected override onActivateRequest(_msg: Message): void {
    // The field is there once the page is drawn.
    void this.renderPromise?.then(() => {
      const field = this.node.querySelector<HTMLElement>('input[type=search]');
      (field ?? this.node).focus();
    });
  }

  protected override render(): JSX.Element {
    return <Page {...this._options} />;
  }

  private _redraw(): void {
    this.update();
  }
}

function Page(props: IDashboardOptions): JSX.Element {
  const { model, session, commands, trans } = props;
  const page = React.useRef<HTMLDivElement>(null);
  const actions = useActions(props);
  const { isNarrowed } = model;
  React.useEffect(() => {
    // What was clicked went away with its section: the keyboard goes on at the top of what came.
    if (document.activeElement === document.body) {
      page.current
        ?.querySelector<HTMLElement>(isNarrowed ? 'h2' : 'input[type=search]')
        ?.focus();
    }
  }, [isNarrowed]);
  if (session.state === 'signed-out') {
    return <SignedOut session={session} commands={commands} trans={trans} />;
  }
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (page.current && moveFocus(page.current, CARD, event)) {
      event.preventDefault();
    }
  };
  return (
    <div
      ref={page}
      className="jp-QuantLab-Dashboard-page"
      role="region"
      aria-label={trans.__('What you saved')}
      onKeyDown={onKeyDown}
    >
      <div className="jp-QuantLab-Dashboard-head">
        <h1>QuantLab</h1>
        <NewButtons commands={commands} trans={trans} />
      </div>
      {model.isEmpty && !isNarrowed ? (
        <FirstSteps commands={commands} trans={trans} />
      ) : (
        <>
          <Search
            model={model}
            trans={trans}
            onDown={() =>
              page.current?.querySelector<HTMLElement>(CARD)?.focus()
            }
          />
          {isNarrowed ? (
            <Found model={model} trans={trans} {...actions} />
          ) : (
            <Sections {...props} {...actions} />
          )}
        </>
      )}
    </div>
  );
}

interface IActions {
  onOpen: (item: LibraryItem) => void;
  onPin: (item: LibraryItem, pinned: boolean) => void;
}

function useActions(props: IDashboardOptions): IActions {
  const { model, trans, documents, commands } = props;
  return React.useMemo(
    () => ({
      onOpen: item =>
        void attempt(trans, () =>
          openSaved(item, { commands, documents, trans })
        ),
      onPin: (item, pinned) =>
        void attempt(trans, () => model.pin(item, pinned))
    }),
    [model, trans, documents, commands]
  );
}

function Sections(props: IDashboardOptions & IActions): JSX.Element {
  const { model, commands, trans, onOpen, onPin } = props;
  return (
    <>
      <Section
        title={trans.__('Pinned')}
        shelf={model.pinned}
        nothing={trans.__('Pin what you use every day: it stays at hand here.')}
        model={model}
        trans={trans}
        onOpen={onOpen}
        onPin={onPin}
      />
      <Section
        title={trans.__('Recent')}
        shelf={model.recent}
        nothing={trans.__('What you save appears here.')}
        model={model}
        trans={trans}
        onOpen={onOpen}
        onPin={onPin}
      />
      <Section
        title={trans.__('Shared with me')}
        shelf={model.shared}
        nothing={trans.__(
          'What people of your tenant share with you appears here, and goes when they end it.'
        )}
        model={model}
        trans={trans}
        onOpen={onOpen}
        onPin={onPin}
      />
      <Groups model={model} commands={commands} trans={trans} />
    </>
  );
}

function Search(props: {
  model: DashboardModel;
  trans: TranslationBundle;
  onDown: () => void;
}): JSX.Element {
  const { model, trans, onDown } = props;
  const { search } = model.narrowing;
  const [text, setText] = React.useState(search);
  React.useEffect(() => {
    // Cleared from elsewhere ("Show everything", another person).
    if (search === '') {
      setText('');
    }
  }, [search]);
  return (
    <div role="search">
      <label className="jp-QuantLab-Search">
        <searchIcon.react tag="span" width="16px" aria-hidden />
        <span className="jp-QuantLab-visuallyHidden">
          {trans.__('Search everything saved')}
        </span>
        <input
          type="search"
          className="jp-mod-styled"
          placeholder={trans.__('Search names, descriptions, tags, symbols')}
          value={text}
          spellCheck={false}
          onChange={event => {
            setText(event.target.value);
            model.search(event.target.value);
          }}
          onKeyDown={event => {
            if (event.key === 'ArrowDown') {
              event.preventDefault();
              onDown();
            } else if (event.key === 'Escape' && model.isNarrowed) {
              event.preventDefault();
              model.widen();
            }
          }}
        />
      </label>
    </div>
  );
}
