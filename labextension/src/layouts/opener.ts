/**
 * Opening layouts, and what is done with an open one. Loaded with the first layout.
 */
import type { ILabStatus, JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager, WidgetTracker } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import type { QuantLabClient } from '../api/client';
import type { Layout, LayoutDocument, LayoutItem } from '../api/models';
import { firstChart } from '../charts/defaults';
import { Banners } from '../documents/banner';
import { copyName } from '../saved/settling';
import type {
  IQuantLabLibrary,
  IQuantLabSession,
  IQuantLabStream
} from '../tokens';
import { attempt } from '../ui/attempt';
import { decide, saveCopy } from './deciding';
import { askName } from './dialogs';
import { SCHEMA_VERSION, withoutMoment } from './document';
import { Elsewhere } from './elsewhere';
import { tellElsewhere } from './elsewhereBar';
import { newDocument } from './grid';
import { LayoutCommandIDs } from './ids';
import { openMenu } from './menu';
import { LayoutModel } from './model';
import { offerEarlier } from './offers';
import { applyPanels, keepPanels } from './panels';
import type { IOwner } from './people';
import { People } from './people';
import { documentOf } from './saving';
import { LayoutTab, nameOf, suggested } from './tab';
import { keepThumbnails } from './thumbnail';
import { LayoutWidget } from './widget';

const ID_PREFIX = 'jp-quantlab-layout-';

export type LayoutTracker = WidgetTracker<LayoutTab>;

/** A choice that this browser remembers. */
export interface IChoice {
  isOn(): boolean;
  set(isOn: boolean): Promise<void>;
}

export interface ILayoutHost {
  app: JupyterFrontEnd;
  client: QuantLabClient;
  session: IQuantLabSession | null;
  tracker: LayoutTracker;
  library: IQuantLabLibrary | null;
  status: ILabStatus | null;
  themes: IThemeManager | null;
  stream: IQuantLabStream | null;
  autosave: IChoice;
  /** Show by itself what another device saves, where nothing is unsaved. */
  follow: IChoice;
  locale: string;
  trans: TranslationBundle;
}

/** How a tab is shown: `key` is its id of before a reload, `isFresh` offers no draft. */
interface IShowing {
  owner: IOwner;
  key?: string;
  isBeside?: boolean;
  isFresh?: boolean;
}

/** Opens layouts, each in one tab. */
export class LayoutOpener {
  constructor(private readonly _host: ILayoutHost) {
    this._people = new People({
      session: _host.session,
      server: _host.client.connection.apiUrl,
      tracker: _host.tracker,
      bring: document => this.create(undefined, document)
    });
    // Lives as long as the page.
    const retry = (): void =>
      _host.tracker.forEach(tab => tab.content.model.retry());
    window.addEventListener('online', retry);
    window.addEventListener('pagehide', () =>
      _host.tracker.forEach(tab => void tab.content.model.keepLocally())
    );
    _host.session?.userChanged.connect(retry);
  }

  /** Whether something of that person may be shown now. */
  isHere(person: string): Promise<boolean> {
    return this._people.isHere(person);
  }

  /** Open a new layout, with a document that was kept over a reload. */
  async create(
    key?: string,
    kept?: LayoutDocument,
    isBeside = false
  ): Promise<void> {
    const document = newDocument(
      kept ? undefined : await firstChart(this._host.client)
    );
    const owner = await this._people.here();
    const model = this._model(owner, document, null);
    if (kept) {
      model.change(kept);
    }
    await this._show(model, { owner, key, isBeside });
  }

  /** Open a saved layout, or bring it to front. `key` is its tab's of before a reload. Rejects as the client does. */
  async open(id: string, key?: string): Promise<void> {
    const { app, tracker } = this._host;
    const there = tracker.find(tab => tab.content.model.item?.id === id);
    if (there) {
      app.shell.activateById(there.id);
      this._note(id);
      return;
    }
    const opening = this._opening.get(id) ?? this._open(id, key);
    this._opening.set(id, opening);
    try {
      await opening;
      if (key === undefined) {
        this._note(id);
      }
    } finally {
      this._opening.delete(id);
    }
  }

  /** Save the layout; a new one, or one that may only be looked at, is named first. Rejects as the client does. */
  async save(widget: LayoutWidget): Promise<boolean> {
    const { model } = widget;
    if (!model.item || model.item.access === 'view') {
      return this.saveAs(widget);
    }
    this._keepSight(widget);
    if (await model.save()) {
      this._host.library?.notify({ type: 'updated', id: model.item.id });
      return true;
    }
    return model.conflict ? this.settle(widget) : false;
  }

  /** Saving keeps what is open and in sight now. */
  private _keepSight(widget: LayoutWidget): void {
    keepPanels(this._host.app, widget.model);
    widget.keepView();
  }

  /** Ask for a name and go on as that layout. False: left. */
  async saveAs(widget: LayoutWidget): Promise<boolean> {
    const { client, library, trans } = this._host;
    const { model } = widget;
    const made = await askName({
      name: model.item ? copyName(model.item.name, 1) : suggested(model),
      project: model.item?.access === 'owner' ? model.item.project_id : null,
      client,
      save: (name, project) => {
        this._keepSight(widget);
        return model.saveAs(name, project);
      },
      trans
    });
    if (made) {
      library?.notify({ type: 'created', id: made.id });
    }
    return made !== null;
  }

  /** Ask what to do about a stale save, and do it. Rejects as the client does; the change is kept. */
  async settle(widget: LayoutWidget): Promise<boolean> {
    const { model } = widget;
    return model.conflict && model.item
      ? decide(model, model.item, this._host)
      : this.save(widget);
  }

  /** Open this layout when JupyterLab starts; a new one is saved first. Rejects as the client does. */
  async makeDefault(widget: LayoutWidget): Promise<void> {
    const { client, trans } = this._host;
    const { model } = widget;
    if (!model.item && !(await this.saveAs(widget))) {
      return;
    }
    const { id = null, name = '' } = model.item ?? {};
    await client.updateProfile({ default_layout_id: id });
    Notification.success(
      trans.__('“%1” opens when JupyterLab starts with nothing else.', name),
      {
        autoClose: 10_000,
        actions: [
          {
            label: trans.__('Open none'),
            callback: () =>
              void attempt(trans, async () => {
                await client.updateProfile({ default_layout_id: null });
              })
          }
        ]
      }
    );
  }

  /** Follow what other devices save, or no longer. */
  async toggleFollow(): Promise<void> {
    const { app, follow } = this._host;
    await follow.set(!follow.isOn());
    app.commands.notifyCommandChanged(LayoutCommandIDs.follow);
  }

  /**
   * Open a saved layout's charts alone: without what restores a moment, and without offering a draft. A tab
   * that shows it already makes room. Rejects as the client does.
   *
   * @returns false when the person keeps that tab
   */
  async openFresh(id: string): Promise<boolean> {
    const asked = await this._people.ask(() => this._get(id));
    const there = this.find(id);
    if (!asked || (there && !(await there.leave()))) {
      return false;
    }
    const [layout, owner] = asked;
    const document = withoutMoment(documentOf(layout));
    // What restores a moment is gone from this document: only a save the person asks for may say so.
    const model = this._model(owner, document, layout, false);
    await this._show(model, { owner, isFresh: true });
    this._note(id);
    return true;
  }

  /** The tab of a saved layout. */
  find(id: string): LayoutTab | undefined {
    return this._host.tracker.find(tab => tab.content.model.item?.id === id);
  }

  private async _open(id: string, key?: string): Promise<void> {
    const asked = await this._people.ask(() => this._get(id));
    if (!asked) {
      return;
    }
    const [layout, owner] = asked;
    const model = this._model(owner, documentOf(layout), layout);
    await this._show(model, { owner, key });
    if (key === undefined) {
      // After a reload the page's own arrangement comes back.
      await applyPanels(this._host.app, model.document.panels ?? {});
    }
  }

  private _model(
    owner: IOwner,
    document: LayoutDocument,
    item: LayoutItem | null,
    autosave = this._host.autosave.isOn()
  ): LayoutModel {
    return new LayoutModel({
      client: this._host.client.layouts,
      document,
      item,
      autosave,
      scope: id => this._people.scope(owner, id)
    });
  }

  /** Rejects also for what a newer release wrote. */
  private async _get(id: string): Promise<Layout> {
    const { client, trans } = this._host;
    const layout = await client.layouts.get(id);
    const { schema_version } = layout.document as { schema_version: number };
    if (schema_version !== SCHEMA_VERSION) {
      throw new Error(
        trans.__(
          '“%1” was saved by a newer QuantLab. Update QuantLab to open it.',
          layout.name
        )
      );
    }
    return layout;
  }

  /** It was opened by a person: said to the service, for "last used" on every device. */
  private _note(id: string): void {
    this._host.client.layouts.opened(id).catch((reason: unknown) => {
      console.debug('QuantLab: the opening was not noted.', reason);
    });
  }

  private async _show(
    model: LayoutModel,
    { owner, key, isBeside = false, isFresh = false }: IShowing
  ): Promise<void> {
    const { app, tracker, client, themes, stream, trans, locale } = this._host;
    const act = (what: () => Promise<unknown>): void =>
      void attempt(trans, async () => {
        await what();
      });
    const content: LayoutWidget = new LayoutWidget({
      model,
      client,
      trans,
      locale,
      commands: app.commands,
      themes,
      stream,
      acts: {
        save: () => act(() => this.save(content)),
        saveAs: () => act(() => this.saveAs(content)),
        load: () => void app.commands.execute(LayoutCommandIDs.load),
        menu: button => openMenu(app.commands, button),
        settle: () => act(() => this.settle(content)),
        setAutosave: isOn => act(() => this._setAutosave(isOn, content))
      }
    });
    const tab = new LayoutTab({
      content,
      owner,
      isFresh,
      save: () => this.save(content),
      trans
    });
    keepThumbnails(content, client.layouts);
    tab.id = key ?? ID_PREFIX + UUID.uuid4();
    this._follow(tab);
    this._listen(tab, isFresh);
    app.shell.add(tab, 'main', isBeside ? { mode: 'split-right' } : {});
    await tracker.add(tab);
    app.shell.activateById(tab.id);
  }

  /** Keep title, restoring and the page's warning before leaving in step with the layout. */
  private _follow(tab: LayoutTab): void {
    const { tracker, status, trans } = this._host;
    const { model } = tab.content;
    let unsafe: IDisposable | null = null;
    const update = (what: string): void => {
      const { title } = tab;
      title.label = nameOf(model, trans);
      title.className = model.isDirty ? 'jp-mod-dirty' : '';
      const isUnsafe = model.isDirty && !model.hasDraft;
      if (isUnsafe && !unsafe) {
        unsafe = status?.setDirty() ?? null;
      } else if (!isUnsafe) {
        unsafe?.dispose();
        unsafe = null;
      }
      // Of a saved layout its id is kept; a new one is kept whole.
      if ((what === 'state' || !model.item) && tracker.has(tab)) {
        void tracker.save(tab);
      }
    };
    model.changed.connect((_, what) => update(what));
    tab.disposed.connect(() => {
      unsafe?.dispose();
    });
    update('');
  }

  /** Be told of saves elsewhere, for as long as the tab is open. */
  private _listen(tab: LayoutTab, isFresh: boolean): void {
    const { stream, follow, trans } = this._host;
    const { content } = tab;
    const { model } = content;
    const banners = new Banners(tab);
    if (!isFresh) {
      offerEarlier(model, banners, trans);
    }
    const elsewhere = new Elsewhere(model, () => follow.isOn());
    tellElsewhere({
      elsewhere,
      banners,
      follow,
      trans,
      copy: () =>
        attempt(trans, async () => {
          if (model.item) {
            await saveCopy(model, model.item, this._host);
          }
        }),
      settle: () =>
        attempt(trans, async () => {
          await this.settle(content);
        })
    });
    const listening = stream?.listen(
      'library',
      message => void elsewhere.hear(message)
    );
    // Not every change is told: the service may run in several processes.
    const onVisible = (): void => {
      if (!document.hidden) {
        void elsewhere.look();
      }
    };
    document.addEventListener('visibilitychange', onVisible);
    tab.disposed.connect(() => {
      document.removeEventListener('visibilitychange', onVisible);
      listening?.dispose();
      elsewhere.dispose();
    });
  }

  private async _setAutosave(isOn: boolean, by: LayoutWidget): Promise<void> {
    const { tracker, autosave } = this._host;
    tracker.forEach(({ content, isFresh }) => {
      if (content === by || !isFresh) {
        content.model.autosave = isOn;
      }
    });
    await autosave.set(isOn);
  }

  private readonly _people: People;
  private readonly _opening = new Map<string, Promise<void>>();
}
