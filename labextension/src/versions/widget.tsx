/**
 * The versions of a workflow or layout in the main area: history beside the comparison, restore and copy.
 */
import type { Extension } from '@codemirror/state';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CommandRegistry } from '@lumino/commands';
import type { QuantLabClient } from '../api/client';
import type { VersionInfo } from '../api/models';
import type { Resource } from '../library/sources';
import type {
  IQuantLabDocuments,
  IQuantLabLibrary,
  IQuantLabSession
} from '../tokens';
import { CommandIDs } from '../tokens';
import { byteSize, fullTime, relativeTime } from '../ui/format';
import { NAME_MAX } from '../ui/names';
import { describe } from '../ui/problems';
import { EmptyState, ErrorBox, Skeleton } from '../ui/states';
import { Comparison } from './comparison';
import { LayoutComparison } from './layout';
import { VersionsModel } from './model';

import '../../style/ui.css';
import '../../style/versions.css';

export interface IVersionsOptions {
  id: string;
  resource: Resource;
  client: QuantLabClient;
  commands: CommandRegistry;
  session: IQuantLabSession;
  library: IQuantLabLibrary;
  documents: IQuantLabDocuments | null;
  languages: IEditorLanguageRegistry | null;
  trans: TranslationBundle;
}

/** The widget. Its title follows the workflow's name. */
export class VersionsWidget extends ReactWidget {
  constructor(private readonly _options: IVersionsOptions) {
    super();
    this.addClass('jp-QuantLab-Versions');
    const { client, id, resource, session, library } = _options;
    this.model = new VersionsModel(client, id, resource);
    this.model.changed.connect(this._onModel, this);
    library.changed.connect(this._onLibrary, this);
    // Learning who is here, the first time, is no change of person.
    void session.ready().then(() => {
      if (!this.isDisposed) {
        session.userChanged.connect(this._onUser, this);
      }
    });
    void this.model.load();
  }

  readonly model: VersionsModel;

  override dispose(): void {
    if (!this.isDisposed) {
      const { session, library } = this._options;
      library.changed.disconnect(this._onLibrary, this);
      session.userChanged.disconnect(this._onUser, this);
      this.model.dispose();
      super.dispose();
    }
  }

  /** Make an old version current; offers to undo. */
  async restore(version: number): Promise<void> {
    const { trans, documents, library } = this._options;
    try {
      const { item, before } = await this.model.restore(version);
      library.notify({ type: 'updated', id: item.id, item });
      if (item.kind !== 'layout') {
        await documents?.reload(item.id);
      }
      Notification.emit(
        trans.__('Version %1 is restored as version %2', version, item.version),
        'success',
        {
          autoClose: 10_000,
          actions: [
            {
              label: trans.__('Undo'),
              caption: trans.__('Go back to version %1', before),
              callback: () => void this.restore(before)
            }
          ]
        }
      );
    } catch (error) {
      this._tell(error);
    }
  }

  /** Open an old version as a workflow of its own. */
  async copy(version: number): Promise<void> {
    const { trans, documents, library, session } = this._options;
    try {
      const suffix = trans.__(' (version %1)', version);
      const stem = Array.from(this.model.item?.name ?? '')
        // Room for the suffix and a number.
        .slice(0, NAME_MAX - suffix.length - 4)
        .join('');
      const workflow = await this.model.copy(
        version,
        stem + suffix,
        session.user?.id ?? null
      );
      library.notify({ type: 'created', id: workflow.id, item: workflow });
      await documents?.open(workflow, { run: 'never' });
    } catch (error) {
      this._tell(error);
    }
  }

  /** Open an old version of a layout beside this page, as a layout that is not saved. */
  async openBeside(version: number): Promise<void> {
    try {
      const document = await this.model.documentOf(version);
      await this._options.commands.execute(CommandIDs.layoutOpen, {
        document,
        beside: true
      });
    } catch (error) {
      this._tell(error);
    }
  }

  protected override render(): JSX.Element {
    return <Versions {...this._options} widget={this} model={this.model} />;
  }

  private _tell(error: unknown): void {
    const problem = describe(error, this._options.trans);
    Notification.emit(`${problem.message} ${problem.detail}`, 'error', {
      autoClose: false
    });
  }

  private _onModel(): void {
    const name = this.model.item?.name;
    if (name && this.parent) {
      const label = this._options.trans.__('Versions of %1', name);
      this.parent.title.label = label;
      this.parent.title.caption = label;
    }
    this.update();
  }

  private _onLibrary(_: unknown, change: { type: string; id?: string }): void {
    const mine = change.id === this._options.id;
    if (mine && change.type === 'deleted') {
      this.parent?.close();
    } else if (mine || change.type === 'unknown') {
      void this.model.load();
    }
  }

  private _onUser(): void {
    // Another person's history must not stay on the screen.
    this.parent?.close();
  }
}

interface IViewProps extends IVersionsOptions {
  widget: VersionsWidget;
  model: VersionsModel;
}

function Versions(props: IViewProps): JSX.Element {
  const { model, trans } = props;
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const update = (): void => redraw();
    model.changed.connect(update);
    return () => {
      model.changed.disconnect(update);
    };
  }, [model]);
  if (model.status === 'error') {
    return (
      <ErrorBox
        error={model.error}
        trans={trans}
        onRetry={() => void model.load()}
      />
    );
  }
  if (model.status === 'loading') {
    return <Skeleton rows={8} label={trans.__('Loading versions')} />;
  }
  return (
    <div className="jp-QuantLab-Versions-panes">
      <History {...props} />
      <Detail {...props} />
    </div>
  );
}

function History(props: IViewProps): JSX.Element {
  const { model, trans } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined) {
      return;
    }
    event.preventDefault();
    const at = model.versions.findIndex(info => info.version === model.to);
    const next = model.versions[at + by];
    if (next) {
      model.show(next.version);
      box.current
        ?.querySelector<HTMLElement>(`[data-version="${next.version}"]`)
        ?.focus();
    }
  };
  return (
    <nav
      className="jp-QuantLab-History"
      aria-label={trans.__('History')}
      onKeyDown={onKeyDown}
    >
      <div
        ref={box}
        role="listbox"
        aria-label={trans.__('Versions, newest first')}
      >
        {model.versions.map(info => (
          <HistoryItem
            key={info.version}
            info={info}
            model={model}
            trans={trans}
          />
        ))}
      </div>
      {model.hasMore ? (
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={() => void model.loadMore()}
        >
          {trans.__('Show older')}
        </button>
      ) : null}
    </nav>
  );
}

function HistoryItem(props: {
  info: VersionInfo;
  model: VersionsModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { info, model, trans } = props;
  const selected = info.version === model.to;
  return (
    <div
      role="option"
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      data-version={info.version}
      className={`jp-QuantLab-History-item${info.version === model.from ? ' jp-mod-from' : ''}`}
      onClick={() => model.show(info.version)}
    >
      <span className="jp-QuantLab-History-number">
        {trans.__('Version %1', info.version)}
        {info.current ? (
          <span className="jp-QuantLab-Badge">{trans.__('current')}</span>
        ) : null}
      </span>
      <span className="jp-QuantLab-muted">
        <time dateTime={info.created_at} title={fullTime(info.created_at)}>
          {relativeTime(info.created_at)}
        </time>
        {info.author_name ? <bdi> · {info.author_name}</bdi> : null}
      </span>
      <span className="jp-QuantLab-muted">
        {sourceLabel(info, trans)} · {byteSize(info.size)}
      </span>
    </div>
  );
}

/** How a version came to be, in words. */
export function sourceLabel(
  info: VersionInfo,
  trans: TranslationBundle
): string {
  switch (info.source) {
    case 'create':
      return trans.__('created');
    case 'save':
      return trans.__('saved');
    case 'draft':
      return trans.__('saved from a draft');
    case 'restore':
      return info.restored_from
        ? trans.__('restored version %1', info.restored_from)
        : trans.__('restored');
    case 'duplicate':
      return trans.__('copied');
    case 'import':
      return trans.__('imported');
    case 'overwrite':
      return trans.__('overwrote a conflict');
    case 'merge':
      return trans.__('merged');
  }
}

function Detail(props: IViewProps): JSX.Element {
  const { model, widget, trans } = props;
  const language = useLanguage(props.languages);
  const { from, to, item } = model;
  if (to === null || item === null) {
    return <EmptyState title={trans.__('No versions')} text="" />;
  }
  const isCurrent = to === item.version;
  const isLayout = item.kind === 'layout';
  return (
    <section className="jp-QuantLab-Detail" aria-label={trans.__('Comparison')}>
      <div className="jp-QuantLab-Detail-head">
        <label>
          {trans.__('Compare with')}{' '}
          <select
            value={from ?? ''}
            onChange={event =>
              model.compare(
                event.target.value ? Number(event.target.value) : null,
                to
              )
            }
          >
            <option value="">{trans.__('nothing')}</option>
            {model.versions
              .filter(info => info.version !== to)
              .map(info => (
                <option key={info.version} value={info.version}>
                  {trans.__('Version %1', info.version)}
                </option>
              ))}
          </select>
        </label>
        <span className="jp-QuantLab-Detail-actions">
          <button
            type="button"
            className="jp-mod-styled jp-mod-reject"
            onClick={() =>
              void (isLayout ? widget.openBeside(to) : widget.copy(to))
            }
          >
            {isLayout ? trans.__('Open beside') : trans.__('Open as copy')}
          </button>
          {item.access === 'view' ? null : (
            <button
              type="button"
              className="jp-mod-styled jp-mod-accept"
              disabled={isCurrent}
              title={
                isCurrent ? trans.__('This is the current version') : undefined
              }
              onClick={() => void widget.restore(to)}
            >
              {trans.__('Restore version %1', to)}
            </button>
          )}
        </span>
      </div>
      {model.diffError ? (
        <ErrorBox
          error={model.diffError}
          trans={trans}
          onRetry={() => model.compareAgain()}
        />
      ) : model.diff ? (
        isLayout ? (
          <LayoutComparison
            diff={model.diff}
            document={model.document}
            trans={trans}
          />
        ) : (
          <Comparison
            diff={model.diff}
            isPython={item.kind === 'python'}
            language={language}
            trans={trans}
          />
        )
      ) : (
        <Skeleton rows={5} label={trans.__('Comparing')} />
      )}
    </section>
  );
}

/** Python highlighting, once it is loaded. */
function useLanguage(
  languages: IEditorLanguageRegistry | null
): Extension | null {
  const [language, setLanguage] = React.useState<Extension | null>(null);
  React.useEffect(() => {
    let gone = false;
    void languages?.getLanguage('python').then(found => {
      if (!gone) {
        setLanguage(found?.support ?? null);
      }
    });
    return () => {
      gone = true;
    };
  }, [languages]);
  return language;
}
