/**
 * What views of the library show while nobody is signed in.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IQuantLabSession } from '../tokens';
import { CommandIDs } from '../tokens';
import { libraryIcon } from '../ui/icons';
import type { IAction } from '../ui/states';
import { EmptyState } from '../ui/states';

export interface ISignedOutProps {
  session: IQuantLabSession;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** Asks to sign in; says so when a session ended by itself. */
export function SignedOut(props: ISignedOutProps): JSX.Element {
  const { session, commands, trans } = props;
  const actions: IAction[] = [
    {
      label: trans.__('Sign in'),
      primary: true,
      onClick: () => void commands.execute(CommandIDs.accountSignIn)
    }
  ];
  if (session.config?.registration === 'open') {
    actions.push({
      label: trans.__('Create an account'),
      onClick: () => void commands.execute(CommandIDs.accountSignUp)
    });
  }
  if (session.config?.local_account) {
    actions.push({
      label: trans.__('Continue as local user'),
      onClick: () => void commands.execute(CommandIDs.accountContinueLocal)
    });
  }
  return (
    <EmptyState
      icon={libraryIcon}
      title={
        session.ended
          ? trans.__('Your session has ended')
          : trans.__('Sign in to see your library')
      }
      text={
        session.ended
          ? trans.__(
              'What you were editing is kept in this browser. Sign in again to go on.'
            )
          : trans.__(
              'Workflows and layouts are saved to your account and come back in every browser where you sign in.'
            )
      }
      actions={actions}
    />
  );
}
