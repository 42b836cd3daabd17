/**
 * The tab that shows a layout.
 */
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { attempt } from '../ui/attempt';
import { quantlabIcon } from '../ui/icons';
import { askClosing } from './dialogs';
import type { LayoutModel } from './model';
import type { IOwner } from './people';
import type { LayoutWidget } from './widget';

/** The tab of a layout; it closes when its changes are safe, or the person lets them go. */
export class LayoutTab extends MainAreaWidget<LayoutWidget> {
  constructor(
    private readonly _options: {
      content: LayoutWidget;
      owner: IOwner;
      isFresh: boolean;
      save: () => Promise<boolean>;
      trans: TranslationBundle;
    }
  ) {
    super({ content: _options.content });
    this.toolbar.hide();
    this.title.icon = quantlabIcon;
    this.title.closable = true;
  }

  /** Whose it is. */
  get owner(): IOwner {
    return this._options.owner;
  }

  /** It shows charts alone: autosave rests in it, whatever others do. */
  get isFresh(): boolean {
    return this._options.isFresh;
  }

  /** Close once its changes are safe; false: the person keeps it. */
  async leave(): Promise<boolean> {
    if (this.isDisposed || !(await this._isSafe())) {
      return this.isDisposed;
    }
    this.dispose();
    return true;
  }

  protected override onCloseRequest(msg: Message): void {
    void attempt(this._options.trans, async () => {
      if ((await this._isSafe()) && !this.isDisposed) {
        super.onCloseRequest(msg);
      }
    });
  }

  private async _isSafe(): Promise<boolean> {
    const { model } = this.content;
    const { save, trans } = this._options;
    await model.flush();
    if (!model.isDirty || model.hasDraft) {
      return true;
    }
    switch (await askClosing(nameOf(model, trans), trans)) {
      case 'save':
        return save();
      case 'discard':
        model.discard();
        return true;
      default:
        return false;
    }
  }
}

/** What its tab and its messages call it. */
export function nameOf(model: LayoutModel, trans: TranslationBundle): string {
  return model.item?.name ?? trans.__('New layout');
}

/** The symbols, as a first name. */
export function suggested(model: LayoutModel): string {
  const symbols = model.document.charts.map(chart =>
    chart.symbol.replace(/^[^:]*:/, '').replace(/\//g, '-')
  );
  return [...new Set(symbols)].slice(0, 4).join(' ');
}
