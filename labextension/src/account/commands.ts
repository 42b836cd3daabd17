/**
 * The commands of the account.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager, MainAreaWidget } from '@jupyterlab/apputils';
import { Notification, WidgetTracker } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { userIcon } from '@jupyterlab/ui-components';

import type { LogOutScope } from '../api/models';
import type { IQuantLabApi, IQuantLabSession } from '../tokens';
import { CommandIDs } from '../tokens';
import { attempt } from '../ui/attempt';
import { showPage } from '../ui/page';
import type { AccountPage } from './ids';
import { ACCOUNT_WIDGET, OVERVIEW } from './ids';
import type { MailedLink } from './mailed';
import { takeMailedLink } from './mailed';
import type { AccountWidget } from './widget';

/** Register them; returns the tracker of the account tab. */
export function addAccountCommands(
  app: JupyterFrontEnd,
  api: IQuantLabApi,
  session: IQuantLabSession,
  themes: IThemeManager | null,
  trans: TranslationBundle
): WidgetTracker<MainAreaWidget<AccountWidget>> {
  const { commands } = app;
  const tracker = new WidgetTracker<MainAreaWidget<AccountWidget>>({
    namespace: 'quantlab-account'
  });
  const noArgs = { type: 'object', properties: {} } as const;

  const show = async (
    page: AccountPage,
    link: MailedLink | null = null
  ): Promise<void> => {
    const widget = await showPage<AccountWidget>({
      shell: app.shell,
      tracker,
      id: ACCOUNT_WIDGET,
      icon: userIcon,
      label: trans.__('Account'),
      caption: trans.__('QuantLab account'),
      make: async () => {
        const { AccountWidget } = await import('./widget');
        const { client } = api;
        const account = new AccountWidget({
          client,
          session,
          trans,
          commands,
          themes
        });
        account.pageChanged.connect(() => {
          const shown = tracker.find(one => one.content === account);
          if (shown) {
            void tracker.save(shown);
          }
        });
        return account;
      }
    });
    if (link) {
      widget.content.follow(link);
    } else {
      widget.content.page = page;
    }
  };
  // Now, before JupyterLab writes an address of its own. The token is no argument of a command: those are kept.
  const follow = (): void => {
    const link = takeMailedLink();
    if (link) {
      void app.restored.then(() => attempt(trans, () => show('mailed', link)));
    }
  };
  follow();
  // A link that is opened in a tab where JupyterLab runs already changes nothing but the fragment.
  window.addEventListener('hashchange', follow);
  commands.addCommand(CommandIDs.accountOpen, {
    label: args =>
      args.section === 'device'
        ? trans.__('Connect a Device…')
        : trans.__('Account'),
    caption: args =>
      args.section === 'device'
        ? trans.__('Let a program on another machine in by its code')
        : trans.__('Who you are in QuantLab, preferences and security'),
    icon: userIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          section: {
            type: 'string',
            description:
              'The section to show, such as profile, preferences or sessions. Default: the first.'
          }
        }
      }
    },
    execute: args =>
      attempt(trans, () => show((args.section as string) || OVERVIEW))
  });
  commands.addCommand(CommandIDs.accountSignIn, {
    label: () =>
      session.user
        ? trans.__('Sign In with Another Account…')
        : trans.__('Sign In…'),
    caption: trans.__('Sign in to QuantLab'),
    describedBy: { args: noArgs },
    execute: () => attempt(trans, () => show('sign-in'))
  });
  commands.addCommand(CommandIDs.accountSignUp, {
    label: trans.__('Create an Account…'),
    caption: trans.__('Sign up for QuantLab'),
    describedBy: { args: noArgs },
    isEnabled: () => session.config?.registration !== 'closed',
    execute: () => attempt(trans, () => show('sign-up'))
  });
  commands.addCommand(CommandIDs.accountContinueLocal, {
    label: trans.__('Continue as Local User'),
    caption: trans.__('Use the account of whoever holds this Jupyter server'),
    describedBy: { args: noArgs },
    isEnabled: () =>
      !session.user?.is_local && session.config?.local_account === true,
    execute: () => attempt(trans, () => session.continueAsLocal())
  });
  commands.addCommand(CommandIDs.accountSignOut, {
    label: args => signOutLabel(args.scope, trans),
    caption: trans.__('End the QuantLab session'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          scope: {
            type: 'string',
            enum: ['this', 'others', 'all'],
            description: 'Which sessions end. Default: this one.'
          }
        }
      }
    },
    isEnabled: () => session.user !== null,
    execute: args =>
      attempt(trans, async () => {
        const scope = (args.scope as LogOutScope | undefined) ?? 'this';
        await session.signOut(scope);
        Notification.emit(
          scope === 'others'
            ? trans.__('You are signed out everywhere else')
            : trans.__('You are signed out'),
          'success',
          { autoClose: 4000 }
        );
      })
  });
  session.changed.connect(() => {
    for (const id of [
      CommandIDs.accountSignIn,
      CommandIDs.accountSignUp,
      CommandIDs.accountContinueLocal,
      CommandIDs.accountSignOut
    ]) {
      commands.notifyCommandChanged(id);
    }
  });
  return tracker;
}

function signOutLabel(scope: unknown, trans: TranslationBundle): string {
  switch (scope) {
    case 'others':
      return trans.__('Sign Out Everywhere Else');
    case 'all':
      return trans.__('Sign Out Everywhere');
    default:
      return trans.__('Sign Out');
  }
}
