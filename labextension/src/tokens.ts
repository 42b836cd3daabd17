/**
 * What the features of QuantLab know of each other, and what other extensions may use.
 */
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import type { QuantLabClient } from './api/client';
import type {
  AuthConfig,
  Ceremony,
  LibraryItem,
  LogIn,
  LogOutScope,
  PasskeyProof,
  OidcFinish,
  Project,
  Register,
  Trust,
  User,
  Workflow,
  WorkflowItem
} from './api/models';

/** The typed client, one per page. Its requests carry the session of whoever is signed in. */
export interface IQuantLabApi {
  readonly client: QuantLabClient;
}

/**
 * - `unknown`: not asked yet, or the answer is on its way
 * - `signed-in`: `user` is set (a signed-up person or the local account)
 * - `signed-out`: nobody
 * - `unreachable`: the service did not answer
 */
export type SessionState =
  'unknown' | 'signed-in' | 'signed-out' | 'unreachable';

/** An account that its person deleted, until it is removed for good. */
export interface ILeavingAccount {
  /** When that is, ISO 8601. */
  deletesAt: string;
  /** The person just proved who it is, so the account can be kept; held in page memory only. */
  canKeep: boolean;
}

/** Who is using QuantLab in this page. */
export interface IQuantLabSession {
  readonly state: SessionState;
  /** Who is signed in; null for nobody. */
  readonly user: User | null;
  /** What sign-in forms need to know; null until asked for. */
  readonly config: AuthConfig | null;
  /** True when a session ended without the person asking for it. */
  readonly ended: boolean;
  /** An account that is going to be deleted, and may be kept; null when there is none. */
  readonly leaving: ILeavingAccount | null;
  /** Another person, or nobody: emitted after `user` changed. */
  readonly userChanged: ISignal<IQuantLabSession, User | null>;
  /** Anything of the session changed, the state included. */
  readonly changed: ISignal<IQuantLabSession, void>;
  /** The access token, held in page memory only; null for the local account and for nobody. */
  readonly accessToken: string | null;
  /** Resolves once it is known who is here; asks the service the first time. Never rejects. */
  ready(): Promise<void>;
  /** Ask the service again. Never rejects: an outage is `state` `unreachable`. */
  refresh(): Promise<void>;
  /** See to `config`; for whatever is about to show a form. Never rejects. */
  askConfig(): Promise<void>;
  /** Resolves with true when signed in, with false when a confirmation by mail comes first. */
  signUp(body: Register): Promise<boolean>;
  signIn(body: LogIn): Promise<void>;
  /** Move the account to the tenant that an invitation leads to; a new session goes on there. */
  acceptInvitation(token: string): Promise<void>;
  /** Sign in by a passkey alone; `sign` has the browser ask for it. */
  signInByPasskey(
    sign: (ceremony: Ceremony) => Promise<PasskeyProof>
  ): Promise<void>;
  /** Redeem what a log-in at another service has yielded, or the ticket that stands for it, with a second factor. */
  signInElsewhere(body: OidcFinish): Promise<void>;
  signOut(scope: LogOutScope): Promise<void>;
  /** Delete the own account: everybody is signed out of it, and it can be kept by signing in again. */
  leave(): Promise<void>;
  /** Keep the account that `leaving` is about, and be signed in. */
  keepAccount(): Promise<void>;
  /** Leave it as it is; the forms are shown again. */
  letGo(): void;
  /** Go on as the account of whoever holds this Jupyter server. */
  continueAsLocal(): Promise<void>;
}

/** What happened to the library. `id` is the object's, where it was one object. */
export type LibraryChange = {
  type:
    | 'created'
    | 'updated'
    | 'renamed'
    | 'deleted'
    | 'restored'
    | 'projects'
    | 'unknown';
  id?: string;
  /** The object after the change, where the one who changed it knows. */
  item?: LibraryItem;
};

/** The saved objects of the signed-in person, shared by every view. */
export interface IQuantLabLibrary {
  /** What the library panel shows at the moment: filtered, in its order, possibly not all pages. */
  readonly items: readonly LibraryItem[];
  /** All projects; empty until loaded. */
  readonly projects: readonly Project[];
  /** Tags seen so far, for suggestions, in alphabetical order. */
  readonly tags: readonly string[];
  /** Load projects and tags if that has not happened yet. Rejects as the client does. */
  prepare(): Promise<void>;
  /** Something changed: by this page, or noticed when asking the service. */
  readonly changed: ISignal<IQuantLabLibrary, LibraryChange>;
  /** Tell every view about a change just made elsewhere in this page (a save, a rename by the file menu). */
  notify(change: LibraryChange): void;
  /** Ask the service again. Never rejects: the panel shows the error. */
  refresh(): Promise<void>;
}

/** How a workflow is opened. */
export interface IOpenOptions {
  /** `auto` (default): re-run when the setting and the trust rules allow it; `never`: show what is stored. */
  run?: 'auto' | 'never';
  /** Focus the document; default true. */
  activate?: boolean;
}

/** Where the document in front stands. */
export type SaveState =
  'saved' | 'unsaved' | 'saving' | 'offline-draft' | 'conflict';

/** A document of the QuantLab drive that is open. */
export interface IQuantLabDocument {
  readonly item: WorkflowItem;
  readonly widget: IDocumentWidget;
  readonly saveState: SaveState;
  /** What may happen by itself with the version shown; null when the service did not say. */
  readonly trust: Trust | null;
}

/** Open workflows as documents: the drive, drafts, conflicts and re-runs are behind it. */
export interface IQuantLabDocuments {
  /** The QuantLab document in front, or null. */
  readonly current: IQuantLabDocument | null;
  readonly currentChanged: ISignal<
    IQuantLabDocuments,
    IQuantLabDocument | null
  >;
  /** Open (or bring to front) a workflow, by itself or by its id. Rejects as the client does. */
  open(
    item: WorkflowItem | string,
    options?: IOpenOptions
  ): Promise<IDocumentWidget>;
  /** The QuantLab document that a widget shows, or null when it shows something else. */
  find(widget: Widget): IQuantLabDocument | null;
  /** Every open document of one workflow. */
  opened(id: string): readonly IQuantLabDocument[];
  /**
   * A workflow was just created from what `widget` holds: show it as a document of the drive in the widget's place,
   * with the widget's kernel going on. The file that the widget showed stays as it is.
   */
  adopt(widget: IDocumentWidget, workflow: Workflow): Promise<IDocumentWidget>;
  /** Make open documents show the current version, for example after a restore. Unsaved edits go to the draft first. */
  reload(id: string): Promise<void>;
}

/** What the service says over the stream; further members depend on `type` and topic. */
export interface IStreamMessage {
  /**
   * `event`, `quotes`, `error`; `subscribed`: from now on everything is told, so what was read before may be old;
   * `missed`: the connection was lost, so look at everything again.
   */
  type: string;
  topic?: string;
  [member: string]: unknown;
}

export type StreamListener = (message: IStreamMessage) => void;

/**
 * Where the connection to the stream stands. `off`: nobody listens, or nobody is signed in; `refused`: the service does
 * not want this person to connect, and is not asked again.
 */
export type StreamState =
  'off' | 'connecting' | 'connected' | 'reconnecting' | 'refused';

/** What the service tells without being asked; one connection per browser and person, which mends itself. */
export interface IQuantLabStream {
  /** The same in all pages of the browser that share the connection. */
  readonly state: StreamState;
  readonly stateChanged: ISignal<IQuantLabStream, StreamState>;
  /** Hear the messages of a topic (by its whole name) until the result is disposed. */
  listen(topic: string, listener: StreamListener): IDisposable;
}

export const IQuantLabStream = new Token<IQuantLabStream>(
  '@quantlab/labextension:IQuantLabStream',
  'What the QuantLab service tells without being asked.'
);

export const IQuantLabApi = new Token<IQuantLabApi>(
  '@quantlab/labextension:IQuantLabApi',
  'The typed client of the QuantLab service.'
);

export const IQuantLabSession = new Token<IQuantLabSession>(
  '@quantlab/labextension:IQuantLabSession',
  'Who is using QuantLab in this page, and signing in and out.'
);

export const IQuantLabLibrary = new Token<IQuantLabLibrary>(
  '@quantlab/labextension:IQuantLabLibrary',
  'The saved objects of the signed-in person.'
);

export const IQuantLabDocuments = new Token<IQuantLabDocuments>(
  '@quantlab/labextension:IQuantLabDocuments',
  'Opening workflows as documents, and the state of the one in front.'
);

/** Commands of QuantLab, by what they do. Features call each other's through these ids. */
export namespace CommandIDs {
  export const workflowSaveAs = 'quantlab:workflow-save-as';
  export const workflowOpen = 'quantlab:workflow-open';
  export const workflowCreate = 'quantlab:workflow-create';
  export const workflowOpenExample = 'quantlab:workflow-open-example';
  export const workflowVersions = 'quantlab:workflow-versions';
  /** Shows who has access to `{id, resource, name}`, by default to the workflow in front. */
  export const share = 'quantlab:share';
  /** Opens a chart layout: `{id}`. */
  export const layoutOpen = 'quantlab:layout-open';
  export const dashboard = 'quantlab:dashboard';
  export const libraryShow = 'quantlab:library-show';
  export const libraryExport = 'quantlab:library-export';
  export const libraryImport = 'quantlab:library-import';
  export const accountOpen = 'quantlab:account-open';
  export const accountSignIn = 'quantlab:account-sign-in';
  export const accountSignUp = 'quantlab:account-sign-up';
  export const accountSignOut = 'quantlab:account-sign-out';
  export const accountContinueLocal = 'quantlab:account-continue-local';
  /** Opens the admin page: `{section}`. */
  export const adminOpen = 'quantlab:admin-open';
  /** Asks a QuantLab-document-specific question; implemented with the documents. */
  export const documentRerun = 'quantlab:document-rerun';
}

/** The one palette and launcher category. */
export const CATEGORY = 'QuantLab';
