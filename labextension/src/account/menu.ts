/**
 * The account in the top bar: a button with the person's name, and a menu.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { userIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Menu, Widget } from '@lumino/widgets';

import type { IQuantLabSession } from '../tokens';
import { CommandIDs } from '../tokens';

/** The button at the top right. Plain DOM: it is there before anything else of QuantLab is loaded. */
export class AccountButton extends Widget {
  constructor(
    private readonly _session: IQuantLabSession,
    commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-QuantLab-AccountButton');
    this._button.type = 'button';
    this._button.className =
      'jp-ToolbarButtonComponent jp-mod-minimal jp-Button';
    this._button.setAttribute('aria-haspopup', 'menu');
    this._button.setAttribute('aria-expanded', 'false');
    userIcon.element({ container: this._icon, height: '16px', width: '16px' });
    this._icon.setAttribute('aria-hidden', 'true');
    this._label.className = 'jp-ToolbarButtonComponent-label';
    this._label.style.maxWidth = '12em';
    this._label.style.overflow = 'hidden';
    this._label.style.textOverflow = 'ellipsis';
    this._button.append(this._icon, this._label);
    this.node.append(this._button);
    this._menu = new Menu({ commands });
    this._menu.aboutToClose.connect(this._onClosed, this);
    _session.changed.connect(this._show, this);
    this._show();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._session.changed.disconnect(this._show, this);
      this._menu.dispose();
      super.dispose();
    }
  }

  handleEvent(event: Event): void {
    if (event.type === 'click') {
      this._open();
    } else if ((event as KeyboardEvent).key === 'ArrowDown') {
      event.preventDefault();
      this._open();
    }
  }

  protected override onAfterAttach(_msg: Message): void {
    this._button.addEventListener('click', this);
    this._button.addEventListener('keydown', this);
  }

  protected override onBeforeDetach(_msg: Message): void {
    this._button.removeEventListener('click', this);
    this._button.removeEventListener('keydown', this);
  }

  private _open(): void {
    void this._session.askConfig();
    this._fill();
    const box = this._button.getBoundingClientRect();
    this._button.setAttribute('aria-expanded', 'true');
    this._menu.open(box.right, box.bottom, { horizontalAlignment: 'right' });
    this._menu.activeIndex = 0;
  }

  private _fill(): void {
    const menu = this._menu;
    menu.clearItems();
    const { user, config } = this._session;
    menu.addItem({ command: CommandIDs.accountOpen });
    // Shown to whoever looks after others.
    menu.addItem({ command: CommandIDs.adminOpen });
    if (user) {
      menu.addItem({
        command: CommandIDs.accountOpen,
        args: { section: 'device' }
      });
    }
    menu.addItem({ type: 'separator' });
    if (user) {
      if (user.is_local) {
        menu.addItem({ command: CommandIDs.accountSignIn });
        menu.addItem({ command: CommandIDs.accountSignUp });
        menu.addItem({ type: 'separator' });
      }
      menu.addItem({
        command: CommandIDs.accountSignOut,
        args: { scope: 'this' }
      });
      if (!user.is_local) {
        menu.addItem({
          command: CommandIDs.accountSignOut,
          args: { scope: 'others' }
        });
        menu.addItem({
          command: CommandIDs.accountSignOut,
          args: { scope: 'all' }
        });
      }
      return;
    }
    menu.addItem({ command: CommandIDs.accountSignIn });
    if (config?.registration !== 'closed') {
      menu.addItem({ command: CommandIDs.accountSignUp });
    }
    if (config?.local_account) {
      menu.addItem({ command: CommandIDs.accountContinueLocal });
    }
  }

  private _onClosed(): void {
    this._button.setAttribute('aria-expanded', 'false');
    this._button.focus();
  }

  private _show(): void {
    const { user, state } = this._session;
    const trans = this._trans;
    const name =
      user?.username ??
      (state === 'signed-out' ? trans.__('Sign in') : 'QuantLab');
    this._label.textContent = name;
    const title =
      state === 'unreachable'
        ? trans.__('QuantLab account: the service cannot be reached')
        : user
          ? trans.__(
              'QuantLab account: %1 (%2)',
              user.username,
              user.tenant_name
            )
          : trans.__('QuantLab account');
    this._button.title = title;
    this._button.setAttribute('aria-label', title);
    this._button.dataset.state = state;
  }

  private readonly _button = document.createElement('button');
  private readonly _icon = document.createElement('span');
  private readonly _label = document.createElement('span');
  private readonly _menu: Menu;
}
