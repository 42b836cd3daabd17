/**
 * Edits that no server has yet, kept in this browser (IndexedDB). One record
 * per open document, so that an old tab never writes over a newer one.
 */

/** One document's edit. */
export interface ILocalDraft {
  /** `<scope>|<instance>`; see {@link draftScope}. */
  key: string;
  /** The open document that wrote it; held as a Web Lock while it is open. */
  instance: string;
  /** The version the edit started from. */
  baseVersion: number;
  /** The server draft the edit went on from; null when there was none. */
  draftRevision: number | null;
  /** A notebook object or Python text. */
  content: unknown;
  /** Milliseconds since 1970, this browser's clock. */
  updatedAt: number;
}

/** Whose edit of what: account, server, workflow. */
export function draftScope(
  userId: string,
  server: string,
  workflowId: string
): string {
  return [userId, server, workflowId].map(encodeURIComponent).join('|');
}

const DATABASE = 'quantlab-drafts';
const STORE = 'drafts';

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: 'key' });
    };
    request.onsuccess = () => {
      // Another tab may bring a newer layout: do not stand in its way.
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = null;
      reject(request.error ?? new Error('IndexedDB is not available.'));
    };
  });
  return opened;
}

async function run<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>
): Promise<T> {
  const db = await database();
  return new Promise<T>((resolve, reject) => {
    const transaction = db.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () =>
      reject(transaction.error ?? new Error('The draft could not be kept.'));
  });
}

/** Keeps an edit; resolves when this browser has it. */
export function putLocalDraft(draft: ILocalDraft): Promise<unknown> {
  return run('readwrite', store => store.put(draft));
}

/** Forgets an edit that is safe elsewhere. */
export function deleteLocalDraft(key: string): Promise<unknown> {
  return run('readwrite', store => store.delete(key));
}

/** All edits of one scope, newest first. */
export async function listLocalDrafts(scope: string): Promise<ILocalDraft[]> {
  const found = await run(
    'readonly',
    store => store.getAll(rangeOf(scope)) as IDBRequest<ILocalDraft[]>
  );
  return found.sort((a, b) => b.updatedAt - a.updatedAt);
}

/** The same, and this browser keeps them no longer: of several tabs one gets them. */
export async function takeLocalDrafts(scope: string): Promise<ILocalDraft[]> {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, 'readwrite');
    const store = transaction.objectStore(STORE);
    const found = store.getAll(rangeOf(scope)) as IDBRequest<ILocalDraft[]>;
    store.delete(rangeOf(scope));
    transaction.oncomplete = () => resolve(found.result);
    transaction.onabort = () =>
      reject(transaction.error ?? new Error('The drafts could not be read.'));
  });
}

function rangeOf(scope: string): IDBKeyRange {
  return IDBKeyRange.bound(`${scope}|`, `${scope}|\uffff`);
}

const LOCK_PREFIX = 'quantlab-document-';

/** Marks a document as open in some tab until the returned function is called. */
export function holdInstance(instance: string): () => void {
  let release: () => void = () => undefined;
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  // Absent outside secure contexts; then every record counts as left behind.
  void navigator.locks
    ?.request(LOCK_PREFIX + instance, () => held)
    .catch(() => undefined);
  return () => release();
}

/** The documents that some tab of this browser holds open. */
export async function openInstances(): Promise<Set<string>> {
  const state = await navigator.locks?.query();
  const names = (state?.held ?? []).map(lock => lock.name ?? '');
  return new Set(
    names
      .filter(name => name.startsWith(LOCK_PREFIX))
      .map(name => name.slice(LOCK_PREFIX.length))
  );
}
