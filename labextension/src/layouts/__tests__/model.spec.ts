import { afterEach, describe, expect, it } from 'vitest';

import { startService } from '../../api/__tests__/service';
import { QuantLabClient } from '../../api/client';
import type { LayoutDocument } from '../../api/models';
import { merge, overwrite } from '../conflicts';
import { arrange, newDocument } from '../grid';
import { LayoutModel } from '../model';
import { discardDraft, lookForDraft, restoreDraft } from '../offers';
import { Shelf } from './shelf';

const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) {
    await close();
  }
});

async function start(shelf = new Shelf(), autosave = true) {
  const service = await startService(asked => shelf.answer(asked));
  const client = new QuantLabClient(service.connection).layouts;
  const make = (): LayoutModel => {
    const model = new LayoutModel({
      client,
      document: shelf.layout.document,
      item: shelf.item(),
      autosave
    });
    open.unshift(() => model.dispose());
    return model;
  };
  open.push(service.close);
  return { shelf, service, make };
}

const edited = (model: LayoutModel): LayoutDocument =>
  arrange(model.document, 'quad');

describe('LayoutModel', () => {
  it('writes a draft, and a save names it', async () => {
    const { shelf, service, make } = await start();
    const model = make();
    model.change(edited(model));
    expect(model.state).toBe('unsaved');
    await model.flush();
    expect(shelf.draft?.content.charts).toHaveLength(4);
    expect(model.hasDraft).toBe(true);
    expect(await model.save()).toBe(true);
    expect(model.state).toBe('saved');
    expect(shelf.layout.version).toBe(2);
    expect(shelf.draft).toBeNull();
    const asked = service.seen.length;
    expect(await model.save()).toBe(true);
    expect(service.seen).toHaveLength(asked);
  });

  it('writes nothing by itself while autosave is off', async () => {
    const { shelf, make } = await start(new Shelf(), false);
    const model = make();
    model.change(edited(model));
    await model.flush();
    expect(shelf.draft).toBeNull();
    model.autosave = true;
    await model.flush();
    expect(shelf.draft).not.toBeNull();
  });

  it('keeps the change while the service is down, and sends it later', async () => {
    const { shelf, make } = await start();
    const model = make();
    shelf.isDown = true;
    model.change(edited(model));
    await model.flush();
    expect(model.state).toBe('offline-draft');
    shelf.isDown = false;
    model.retry();
    await model.flush();
    expect(model.state).toBe('unsaved');
    expect(shelf.draft?.content.charts).toHaveLength(4);
  });

  it('takes a stale save for its own when the answer got lost', async () => {
    const { shelf, make } = await start();
    const model = make();
    model.change(edited(model));
    shelf.layout = { version: 2, document: model.document };
    expect(await model.save()).toBe(true);
    expect(model.baseVersion).toBe(2);
    expect(model.state).toBe('saved');
  });

  it('learns of another version from its draft, and overwrites it when told', async () => {
    const { shelf, make } = await start();
    const model = make();
    shelf.layout = { version: 2, document: arrange(newDocument(), 'thirds') };
    model.change(edited(model));
    await model.flush();
    expect(model.state).toBe('conflict');
    expect(await model.save()).toBe(false);
    expect(shelf.layout.version).toBe(2);
    await overwrite(model);
    expect(model.state).toBe('saved');
    expect(shelf.layout.version).toBe(3);
    expect(shelf.layout.document.charts).toHaveLength(4);
  });

  it('makes another tab’s draft a version before it merges', async () => {
    const { shelf, make } = await start();
    const [mine, other] = [make(), make()];
    other.change(arrange(other.document, 'thirds'));
    await other.flush();
    mine.change(edited(mine));
    await mine.flush();
    expect(mine.conflict?.type).toBe('draft');
    await merge(mine);
    expect(shelf.layout.version).toBe(3);
    expect(mine.state).toBe('saved');
  });

  it('stays in conflict when settling fails', async () => {
    const { shelf, make } = await start();
    const model = make();
    shelf.layout = { version: 2, document: arrange(newDocument(), 'thirds') };
    model.change(edited(model));
    expect(await model.save()).toBe(false);
    shelf.isDown = true;
    await expect(merge(model)).rejects.toThrow();
    expect(model.state).toBe('conflict');
  });

  it('offers a draft, writes none before the decision, and restores it', async () => {
    const { shelf, make } = await start();
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 1, revision: 4, content };
    const model = make();
    await lookForDraft(model);
    expect(model.found?.revision).toBe(4);
    model.change(edited(model));
    await model.flush();
    expect(shelf.draft.revision).toBe(4);
    expect(await restoreDraft(model)).toBe(0);
    expect(model.document.charts).toHaveLength(3);
    expect(model.hasDraft).toBe(true);
    await model.save();
    expect(shelf.layout.document.charts).toHaveLength(3);
    expect(shelf.draft).toBeNull();
  });

  it('discards a draft when told', async () => {
    const { shelf, make } = await start();
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 1, revision: 4, content };
    const model = make();
    await lookForDraft(model);
    await discardDraft(model);
    expect(shelf.draft).toBeNull();
    expect(model.found).toBeNull();
    expect(model.state).toBe('saved');
  });
});
