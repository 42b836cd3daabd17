/**
 * Edits from an earlier time that wait for the person's decision when a
 * workflow is opened: the server's draft and what this browser kept.
 */
import { UUID } from '@lumino/coreutils';

import { NotFoundError } from '../api/errors';
import type { Draft } from '../api/models';
import type { WorkflowContent } from './content';
import { contentOf, editKey, withoutTrust } from './content';
import {
  deleteLocalDraft,
  listLocalDrafts,
  openInstances,
  putLocalDraft
} from './localDrafts';
import type { DocumentModel } from './model';

/** One edit to restore, compare or discard. */
export interface IOffer {
  source: 'server' | 'browser';
  content: WorkflowContent;
  baseVersion: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  /** The server draft's revision. */
  revision: number | null;
  /** The browser's record. */
  key: string | null;
}

/** An edit that this browser keeps. */
export type IKeptOffer = IOffer & { key: string };

/** Asks server and browser. Newest first; what equals the page's content is not offered. */
export async function findOffers(model: DocumentModel): Promise<IOffer[]> {
  const [draft, left] = await Promise.all([
    serverDraft(model),
    leftBehind(model)
  ]);
  const offers: IOffer[] = [];
  if (draft) {
    model.draft ??= { revision: draft.revision, key: null, fullKey: null };
    offers.push(offerOf(draft));
  }
  offers.push(...left);
  offers.sort((a, b) => b.updatedAt - a.updatedAt);
  return distinct(model, offers);
}

/** A draft of the server, as an offer. */
export function offerOf(draft: Draft): IOffer {
  return {
    source: 'server',
    content: contentOf(draft),
    baseVersion: draft.base_version,
    updatedAt: Date.parse(draft.updated_at),
    revision: draft.revision,
    key: null
  };
}

/** Where restoring an offer led. */
export interface IRestored {
  /** Places that both sides changed; they are marked inside the document. */
  conflicts: number;
  /** What the page held before, where that was an edit: it can be restored in turn. */
  replaced: IKeptOffer | null;
}

/** Puts an offer into the page. Its base being outdated, it is merged with the current version. */
export async function restoreOffer(
  model: DocumentModel,
  offer: IOffer
): Promise<IRestored> {
  let content = offer.content;
  let conflicts = 0;
  if (offer.baseVersion !== model.baseVersion) {
    const result = await model.client.workflows.merge(model.item.id, {
      base_version: offer.baseVersion,
      content
    });
    content = contentOf(result);
    conflicts = result.conflicts;
  }
  // Between the look at the page and the writing into it nobody may type: no waiting here.
  const replaced = model.isEdited ? pageAsOffer(model) : null;
  if (offer.revision !== null) {
    // The draft is in the page now: what follows may take its place.
    model.beforeOverwriting = null;
    if (offer.baseVersion === model.baseVersion) {
      const { revision } = offer;
      model.draft = { revision, key: editKey(content), fullKey: null };
    }
  }
  model.port.write(model.asTrusted(content));
  model.port.setDirty(true);
  model.edited();
  if (replaced) {
    await keepOffer(replaced).catch((reason: unknown) => {
      console.warn(
        'QuantLab: what the page held is kept until it closes.',
        reason
      );
    });
  }
  await model.saveDraft();
  if (offer.key !== null && model.state === 'unsaved') {
    await deleteLocalDraft(offer.key);
  }
  return { conflicts, replaced };
}

/** What the page holds, as an edit to come back to; null when it cannot be read. */
export function pageAsOffer(model: DocumentModel): IKeptOffer | null {
  const content = model.port.read();
  return content === null
    ? null
    : {
        source: 'browser',
        content: withoutTrust(content),
        baseVersion: model.baseVersion,
        updatedAt: Date.now(),
        revision: null,
        key: `${model.scope}|kept-${UUID.uuid4()}`
      };
}

/** Writes an offer of this browser into its store, to be offered after the next opening as well. */
export async function keepOffer(offer: IKeptOffer): Promise<void> {
  await putLocalDraft({
    key: offer.key,
    instance: 'kept',
    baseVersion: offer.baseVersion,
    draftRevision: offer.revision,
    content: offer.content,
    updatedAt: offer.updatedAt
  });
}

/** Throws an offer away. */
export async function discardOffer(
  model: DocumentModel,
  offer: IOffer
): Promise<void> {
  if (offer.key !== null) {
    await deleteLocalDraft(offer.key);
    return;
  }
  // Only while the server still holds exactly this draft: an edit made meanwhile has replaced it.
  const { revision } = offer;
  if (revision !== null && model.draft?.revision === revision) {
    await model._enqueue(async () => {
      await model.client.workflows.deleteDraft(model.item.id, revision);
      model.draft = null;
    });
  }
}

/**
 * Keeps an undecided server draft in this browser, as a new edit is about to
 * take its place on the server.
 */
export async function keepUndecided(
  model: DocumentModel,
  offer: IOffer
): Promise<IOffer> {
  const key = `${model.scope}|kept-${offer.revision ?? 0}`;
  await keepOffer({ ...offer, key });
  return { ...offer, source: 'browser', revision: null, key };
}

async function serverDraft(model: DocumentModel): Promise<Draft | null> {
  try {
    return await model.client.workflows.draft(model.item.id);
  } catch (error) {
    if (error instanceof NotFoundError) {
      return null;
    }
    throw error;
  }
}

async function leftBehind(model: DocumentModel): Promise<IOffer[]> {
  try {
    const [records, open] = await Promise.all([
      listLocalDrafts(model.scope),
      openInstances()
    ]);
    return records
      .filter(record => !open.has(record.instance))
      .map(record => ({
        source: 'browser' as const,
        content: record.content as WorkflowContent,
        baseVersion: record.baseVersion,
        updatedAt: record.updatedAt,
        revision: null,
        key: record.key
      }));
  } catch (reason) {
    console.warn('QuantLab: this browser’s store cannot be read.', reason);
    return [];
  }
}

/** Without what says nothing new; such records are cleared away. */
async function distinct(
  model: DocumentModel,
  offers: IOffer[]
): Promise<IOffer[]> {
  const page = model.port.read();
  const seen = new Set(page === null ? [] : [editKey(page)]);
  const kept: IOffer[] = [];
  for (const offer of offers) {
    const key = editKey(offer.content);
    if (!seen.has(key)) {
      seen.add(key);
      kept.push(offer);
    } else if (offer.key !== null) {
      await deleteLocalDraft(offer.key);
    } else if (model.draft && model.draft.revision === offer.revision) {
      model.draft.key = key;
    }
  }
  return kept;
}
