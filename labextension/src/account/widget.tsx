/**
 * The account in the main area: its sections; or the forms to sign in and up.
 */
import type { IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import type { IQuantLabSession } from '../tokens';
import { longDay } from '../ui/format';
import { Sections } from '../ui/sections';
import { ErrorBox, Skeleton } from '../ui/states';
import type { AccountPage } from './ids';
import { OVERVIEW, isForm } from './ids';
import { KeepAccount } from './keep';
import { SECTIONS } from './sections';
import type { MailedLink } from './mailed';
import { Join } from './join';
import { AskForLink, Mailed } from './recovery';
import { SignInPage } from './signInPage';
import { SignUp } from './signin';
import { applyTheme } from './theme';

import '../../style/ui.css';
import '../../style/account.css';

export interface IAccountOptions {
  client: QuantLabClient;
  session: IQuantLabSession;
  trans: TranslationBundle;
  commands: CommandRegistry;
  themes: IThemeManager | null;
}

/** The content of the Account tab. */
export class AccountWidget extends ReactWidget {
  constructor(private readonly _options: IAccountOptions) {
    super();
    this.addClass('jp-QuantLab-Account');
    // Sign-in forms need to know what is allowed.
    void _options.session.ready().then(() => _options.session.askConfig());
    this._asked = _options.session.state !== 'unknown';
    this._user = _options.session.user?.id ?? null;
    _options.session.changed.connect(this._onSession, this);
  }

  get page(): AccountPage {
    return this._page;
  }

  /** The section in front, or the form; a signed-in person asking for a form may use another account. */
  set page(page: AccountPage) {
    if (page !== this._page) {
      this._page = page;
      // What a link carries is a key: it is not kept longer than it is shown, or than signing in for it takes.
      const isOnTheWay = this._link?.kind === 'invitation' && isForm(page);
      if (page !== 'mailed' && !isOnTheWay) {
        this._link = null;
      }
      this._pageChanged.emit();
    }
    this.update();
  }

  /** Another section or form is in front. */
  get pageChanged(): ISignal<this, void> {
    return this._pageChanged;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._options.session.changed.disconnect(this._onSession, this);
      super.dispose();
    }
  }

  protected override render(): JSX.Element {
    return (
      <Account
        {...this._options}
        page={this._page}
        link={this._link}
        onPage={page => {
          this.page = page;
        }}
      />
    );
  }

  private _onSession(): void {
    const { user, state } = this._options.session;
    if (user && this._asked && user.id !== this._user) {
      if (this._link?.kind === 'invitation' && this._page === 'sign-in') {
        // Whoever signed in on the way still has to answer the invitation.
        this.page = 'mailed';
      } else if (isForm(this._page)) {
        // Signing in was what the form was for.
        this.page = OVERVIEW;
      }
      void this._takeTheme();
    }
    this._asked ||= state !== 'unknown';
    this._user = user?.id ?? null;
    this.update();
  }

  /** Who just signed in sees the theme of their preferences. */
  private async _takeTheme(): Promise<void> {
    const { client, themes } = this._options;
    try {
      const { preferences } = await client.profile();
      await applyTheme(themes, preferences.theme);
    } catch {
      // Signing in worked; the page keeps the theme that it has.
    }
  }

  /** Show what a mailed link leads to. */
  follow(link: MailedLink): void {
    this._link = link;
    this.page = 'mailed';
  }

  private _link: MailedLink | null = null;
  private readonly _pageChanged = new Signal<this, void>(this);
  private _page: AccountPage = OVERVIEW;
  private _user: string | null;
  /** It was known who is here: a change of person since then is somebody signing in. */
  private _asked: boolean;
}

interface IPageProps extends IAccountOptions {
  page: AccountPage;
  /** The mailed link that JupyterLab was opened by. */
  link: MailedLink | null;
  onPage: (page: AccountPage) => void;
}

function Account(props: IPageProps): JSX.Element {
  const { session, trans, page, onPage } = props;
  if (session.state === 'unreachable' && !session.user) {
    return (
      <ErrorBox
        error={new Error(trans.__('The QuantLab service cannot be reached.'))}
        trans={trans}
        onRetry={() => void session.refresh()}
      />
    );
  }
  if (session.state === 'unknown') {
    return <Skeleton rows={4} label={trans.__('Loading the account')} />;
  }
  if (session.user && !isForm(page)) {
    return (
      <Sections
        key={session.user.id}
        name={trans.__('Account')}
        sections={SECTIONS}
        id={page}
        onShow={onPage}
        trans={trans}
        given={props}
      />
    );
  }
  return (
    <div className="jp-QuantLab-Account-card">
      {session.leaving && !session.leaving.canKeep ? (
        <p role="status" className="jp-QuantLab-Note">
          {trans.__(
            'Your account is closed. It will be deleted on %1. Sign in before then if you want to keep it.',
            longDay(session.leaving.deletesAt)
          )}
        </p>
      ) : null}
      {session.ended ? (
        <p role="status" className="jp-QuantLab-Note">
          {trans.__(
            'Your session has ended. What you were editing is kept in this browser; sign in again to go on.'
          )}
        </p>
      ) : null}
      <AccountForm {...props} />
      <Others {...props} />
    </div>
  );
}

/** The form that the page shows. */
function AccountForm(props: IPageProps): JSX.Element {
  const { client, session, trans, page, link, onPage } = props;
  const recovery = {
    client,
    session,
    trans,
    onSignIn: () => onPage('sign-in')
  };
  const onDone = (): void => onPage(OVERVIEW);
  if (page === 'mailed' && link?.kind === 'invitation') {
    return (
      <Join
        key={link.token}
        {...recovery}
        token={link.token}
        onForgot={() => onPage('forgot')}
        onDone={onDone}
      />
    );
  }
  if (page === 'mailed' && link) {
    return <Mailed key={link.token} {...recovery} link={link} />;
  }
  if (session.leaving?.canKeep) {
    return (
      <KeepAccount
        session={session}
        trans={trans}
        deletesAt={session.leaving.deletesAt}
      />
    );
  }
  if (page === 'forgot') {
    return <AskForLink {...recovery} kind="reset" />;
  }
  if (page === 'sign-up') {
    return (
      <SignUp
        session={session}
        trans={trans}
        onDone={onDone}
        onOther={() => onPage('sign-in')}
        onForgot={() => onPage('forgot')}
      />
    );
  }
  // Whoever signed in on the way still has to answer the invitation.
  const onSignedIn = (): void =>
    onPage(link?.kind === 'invitation' ? 'mailed' : OVERVIEW);
  return (
    <SignInPage
      client={client}
      session={session}
      trans={trans}
      onDone={onSignedIn}
      onOther={() => onPage('sign-up')}
      onForgot={() => onPage('forgot')}
    />
  );
}

/** The ways around the form: the local account, or back to the account in use. */
function Others(props: IPageProps): JSX.Element | null {
  const { session, trans, onPage } = props;
  const [error, setError] = React.useState<unknown>(null);
  if (session.user) {
    return (
      <div className="jp-QuantLab-Account-other">
        <button
          type="button"
          className="jp-QuantLab-Link"
          onClick={() => onPage(OVERVIEW)}
        >
          {trans.__('Back to %1', session.user.username)}
        </button>
      </div>
    );
  }
  if (!session.config?.local_account) {
    return null;
  }
  return (
    <div className="jp-QuantLab-Account-other">
      <p>
        {trans.__(
          'This Jupyter server has an account of its own for the person who holds it. No password is needed.'
        )}
      </p>
      <button
        type="button"
        className="jp-mod-styled jp-mod-reject"
        onClick={() => {
          session.continueAsLocal().catch(setError);
        }}
      >
        {trans.__('Continue as local user')}
      </button>
      {error ? <ErrorBox error={error} trans={trans} /> : null}
    </div>
  );
}
