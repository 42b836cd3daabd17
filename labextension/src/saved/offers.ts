/**
 * Edits from an earlier time that wait for the person's decision when a
 * document is opened: the server's draft and what this browser kept.
 */
import { UUID } from '@lumino/coreutils';

import type { Draft, DraftPut } from '../api/models';
import {
  deleteLocalDraft,
  listLocalDrafts,
  openInstances,
  putLocalDraft
} from './localDrafts';
import type { IRecoverable } from './recoverable';
import { serverDraft } from './stale';

/** One edit to restore, compare or discard. */
export interface IOffer<C> {
  source: 'server' | 'browser';
  content: C;
  baseVersion: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  /** The server draft's revision. */
  revision: number | null;
  /** The browser's record. */
  key: string | null;
}

/** An edit that this browser keeps. */
export type IKeptOffer<C> = IOffer<C> & { key: string };

/** Asks server and browser. Newest first; what equals the page's content is not offered. */
export async function findOffers<C>(
  model: IRecoverable<C>
): Promise<IOffer<C>[]> {
  const [draft, left] = await Promise.all([
    serverDraft(model),
    leftBehind(model)
  ]);
  const offers: IOffer<C>[] = [];
  if (draft) {
    model.draft ??= { revision: draft.revision, key: null, fullKey: null };
    offers.push(offerOf(model, draft));
  }
  offers.push(...left);
  offers.sort((a, b) => b.updatedAt - a.updatedAt);
  return distinct(model, offers);
}

/** A draft of the server, as an offer. */
export function offerOf<C>(model: IRecoverable<C>, draft: Draft): IOffer<C> {
  return {
    source: 'server',
    content: model.kind.contentOf(draft),
    baseVersion: draft.base_version,
    updatedAt: Date.parse(draft.updated_at),
    revision: draft.revision,
    key: null
  };
}

/** Where restoring an offer led. */
export interface IRestored<C> {
  /** Places that both sides changed; they are marked inside the document. */
  conflicts: number;
  /** What the page held before, where that was an edit: it can be restored in turn. */
  replaced: IKeptOffer<C> | null;
}

/** Puts an offer into the page. Its base being outdated, it is merged with the current version. */
export async function restoreOffer<C>(
  model: IRecoverable<C>,
  offer: IOffer<C>
): Promise<IRestored<C>> {
  let content = offer.content;
  let conflicts = 0;
  if (offer.baseVersion !== model.baseVersion) {
    const result = await model.calls.merge(model.id, {
      base_version: offer.baseVersion,
      content: content as DraftPut['content']
    });
    content = model.kind.contentOf(result);
    conflicts = result.conflicts;
  }
  // Between the look at the page and the writing into it nobody may type: no waiting here.
  const replaced = model.isEdited ? pageAsOffer(model) : null;
  if (offer.revision !== null) {
    // The draft is in the page now: what follows may take its place.
    model.beforeOverwriting = null;
    if (offer.baseVersion === model.baseVersion) {
      const { revision } = offer;
      const key = model.kind.editKey(content);
      model.draft = { revision, key, fullKey: null };
    }
  }
  model.show(content);
  if (replaced) {
    await keepOffer(replaced).catch((reason: unknown) => {
      console.warn(
        'QuantLab: what the page held is kept until it closes.',
        reason
      );
    });
  }
  await model.saveDraft();
  if (offer.key !== null && model.isSafe) {
    await deleteLocalDraft(offer.key);
  }
  return { conflicts, replaced };
}

/** What the page holds, as an edit to come back to; null when it cannot be read. */
export function pageAsOffer<C>(model: IRecoverable<C>): IKeptOffer<C> | null {
  const content = model.content();
  return content === null
    ? null
    : {
        source: 'browser',
        content,
        baseVersion: model.baseVersion,
        updatedAt: Date.now(),
        revision: null,
        key: `${model.scope}|kept-${UUID.uuid4()}`
      };
}

/** Writes an offer of this browser into its store, to be offered after the next opening as well. */
export async function keepOffer<C>(offer: IKeptOffer<C>): Promise<void> {
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
export async function discardOffer<C>(
  model: IRecoverable<C>,
  offer: IOffer<C>
): Promise<void> {
  if (offer.key !== null) {
    await deleteLocalDraft(offer.key);
    return;
  }
  // Only while the server still holds exactly this draft: an edit made meanwhile has replaced it.
  const { revision } = offer;
  if (revision !== null && model.draft?.revision === revision) {
    await model.enqueue(async () => {
      await model.calls.deleteDraft(model.id, revision);
      model.draft = null;
    });
  }
}

/**
 * Keeps an undecided server draft in this browser, as a new edit is about to
 * take its place on the server.
 */
export async function keepUndecided<C>(
  model: IRecoverable<C>,
  offer: IOffer<C>
): Promise<IOffer<C>> {
  const key = `${model.scope}|kept-${offer.revision ?? 0}`;
  await keepOffer({ ...offer, key });
  return { ...offer, source: 'browser', revision: null, key };
}

async function leftBehind<C>(model: IRecoverable<C>): Promise<IOffer<C>[]> {
  try {
    const [records, open] = await Promise.all([
      listLocalDrafts(model.scope),
      openInstances()
    ]);
    return records
      .filter(record => !open.has(record.instance))
      .map(record => ({
        source: 'browser' as const,
        content: record.content as C,
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
async function distinct<C>(
  model: IRecoverable<C>,
  offers: IOffer<C>[]
): Promise<IOffer<C>[]> {
  const { kind } = model;
  const page = model.content();
  const seen = new Set(page === null ? [] : [kind.editKey(page)]);
  const kept: IOffer<C>[] = [];
  for (const offer of offers) {
    const key = kind.editKey(offer.content);
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
