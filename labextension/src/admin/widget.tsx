/**
 * Administration in the main area: its sections, for whoever looks after others.
 */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { UnreachableError } from '../api/errors';
import { Sections } from '../ui/sections';
import { EmptyState, ErrorBox, Skeleton } from '../ui/states';
import { isAdmin } from './ids';
import type { IAdminSectionProps } from './sections';
import { SECTIONS } from './sections';

import '../../style/ui.css';
import '../../style/account.css';
import '../../style/admin.css';

/** The content of the Administration tab. */
export class AdminWidget extends ReactWidget {
  /** `onSignIn` shows the form to sign in. */
  constructor(
    private readonly _options: IAdminSectionProps & { onSignIn: () => void }
  ) {
    super();
    this.addClass('jp-QuantLab-Admin');
    void _options.session.ready();
    _options.session.changed.connect(this.update, this);
  }

  /** The section in front. */
  get page(): string {
    return this._page;
  }

  set page(page: string) {
    if (page !== this._page) {
      this._page = page;
      this._pageChanged.emit();
    }
    this.update();
  }

  /** Another section is in front. */
  get pageChanged(): ISignal<this, void> {
    return this._pageChanged;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.session.changed.disconnect(this.update, this);
      super.dispose();
    }
  }

  protected override render(): JSX.Element {
    const { session, trans, onSignIn } = this._options;
    if (session.state === 'unknown') {
      return <Skeleton rows={4} label={trans.__('Loading administration')} />;
    }
    if (session.state === 'unreachable' && !session.user) {
      return (
        <ErrorBox
          error={new UnreachableError()}
          trans={trans}
          onRetry={() => void session.refresh()}
        />
      );
    }
    if (!session.user) {
      return (
        <EmptyState
          title={trans.__('Administration')}
          text={trans.__('Sign in as an administrator to go on.')}
          actions={[
            { label: trans.__('Sign in'), onClick: onSignIn, primary: true }
          ]}
        />
      );
    }
    if (!isAdmin(session.user)) {
      return (
        <EmptyState
          title={trans.__('Administration')}
          text={trans.__(
            'This page is for administrators. Ask one of your tenant, or sign in with another account.'
          )}
        />
      );
    }
    return (
      <Sections
        key={session.user.id}
        name={trans.__('Administration')}
        sections={SECTIONS}
        id={this._page}
        onShow={page => {
          this.page = page;
        }}
        trans={trans}
        given={this._options}
      />
    );
  }

  private _page = '';
  private readonly _pageChanged = new Signal<this, void>(this);
}
