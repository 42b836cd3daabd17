import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it } from 'vitest';

import { startService } from '../../api/__tests__/service';
import { QuantLabClient } from '../../api/client';
import type { LayoutDocument } from '../../api/models';
import type { IClock } from '../../saved/scheduler';
import { deleteLocalDraft, listLocalDrafts } from '../../saved/localDrafts';
import {
  discardOffer,
  findOffers,
  keepUndecided,
  restoreOffer
} from '../../saved/offers';
import { merge, overwrite } from '../conflicts';
import { arrange, newDocument } from '../grid';
import { LayoutModel } from '../model';
import { Shelf } from './shelf';

const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) {
    await close();
  }
  for (const { key } of await listLocalDrafts('a')) {
    await deleteLocalDraft(key);
  }
});

async function start(shelf = new Shelf(), autosave = true) {
  const service = await startService(asked => shelf.answer(asked));
  const client = new QuantLabClient(service.connection).layouts;
  const make = (clock?: IClock): LayoutModel => {
    const model = new LayoutModel({
      client,
      document: shelf.layout.document,
      item: shelf.item(),
      autosave,
      scope: id => id,
      clock
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

  it('asks nothing more of the service while a newer version waits for a decision', async () => {
    const { shelf, service, make } = await start();
    const model = make();
    shelf.layout = { version: 2, document: arrange(newDocument(), 'thirds') };
    model.change(edited(model));
    await model.flush();
    expect(model.conflict?.type).toBe('version');
    const asked = service.seen.length;
    model.change(arrange(model.document, 'single'));
    await model.flush();
    expect(service.seen).toHaveLength(asked);
  });

  it('keeps no draft of what the person may only look at', async () => {
    const { shelf, service, make } = await start();
    shelf.access = 'view';
    const model = make();
    model.change(edited(model));
    await model.flush();
    await model.saveDraft();
    expect(service.seen).toEqual([]);
    expect(await listLocalDrafts('a')).toEqual([]);
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

  it('keeps what is changed while both sides are merged', async () => {
    const { shelf, make } = await start();
    const model = make();
    shelf.layout = { version: 2, document: arrange(newDocument(), 'thirds') };
    model.change(edited(model));
    expect(await model.save()).toBe(false);
    const changes = ['merge', 'save'];
    shelf.before = asked => {
      const act = asked.path.endsWith('/merge') ? 'merge' : 'save';
      if (changes[0] === act) {
        changes.shift();
        const [chart, ...others] = model.document.charts;
        const charts = [{ ...chart, symbol: `DURING:${act}` }, ...others];
        model.change({ ...model.document, charts });
      }
    };
    await merge(model);
    expect(changes).toEqual([]);
    expect(shelf.layout.document.charts[0].symbol).toBe('DURING:merge');
    expect(model.document.charts[0].symbol).toBe('DURING:save');
    expect([model.baseVersion, model.isDirty]).toEqual([3, true]);
  });

  it('keeps an undecided draft in this browser before it overwrites', async () => {
    const { shelf, make } = await start(new Shelf(), false);
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 1, revision: 4, content };
    const model = make();
    const [offer] = await findOffers(model);
    model.beforeOverwriting = async () => {
      model.beforeOverwriting = null;
      await keepUndecided(model, offer);
    };
    model.change(edited(model));
    shelf.layout = { version: 2, document: newDocument() };
    model.enterConflict({ type: 'version', current: shelf.whole() });
    await overwrite(model);
    expect(shelf.layout.version).toBe(3);
    // Beside it may be the one just written, which is dropped once the service has it.
    const kept = await listLocalDrafts('a');
    expect(
      kept.map(({ content }) => (content as LayoutDocument).charts.length)
    ).toContain(3);
  });

  it('settles a conflict of drafts although it failed half-way before', async () => {
    const { shelf, make } = await start();
    const [mine, other] = [make(), make()];
    other.change(arrange(other.document, 'thirds'));
    await other.flush();
    mine.change(edited(mine));
    await mine.flush();
    shelf.before = asked => {
      shelf.isDown = asked.method === 'PUT';
    };
    await expect(overwrite(mine)).rejects.toThrow();
    expect(mine.state).toBe('conflict');
    shelf.before = () => undefined;
    shelf.isDown = false;
    await overwrite(mine);
    expect([mine.state, shelf.layout.version]).toEqual(['saved', 3]);
    expect(shelf.layout.document.charts).toHaveLength(4);
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

  it('restores a draft of an earlier time, and a save replaces it', async () => {
    const { shelf, make } = await start();
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 1, revision: 4, content };
    const model = make();
    const [offer] = await findOffers(model);
    expect(offer).toMatchObject({ source: 'server', revision: 4 });
    expect((await restoreOffer(model, offer)).conflicts).toBe(0);
    expect(model.document.charts).toHaveLength(3);
    expect(model.hasDraft).toBe(true);
    await model.save();
    expect(shelf.layout.document.charts).toHaveLength(3);
    expect(shelf.draft).toBeNull();
  });

  it('goes on saving drafts beside an undecided one, which this browser keeps', async () => {
    const { shelf, make } = await start();
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 1, revision: 4, content };
    const model = make();
    const [offer] = await findOffers(model);
    model.beforeOverwriting = async () => {
      model.beforeOverwriting = null;
      await keepUndecided(model, offer);
    };
    // Nothing was changed here: the draft stays where it is.
    await model.save();
    await model.flush();
    expect(shelf.draft.revision).toBe(4);
    model.change(edited(model));
    await model.flush();
    expect(shelf.draft.content.charts).toHaveLength(4);
    const [kept] = await listLocalDrafts('a');
    expect((kept.content as LayoutDocument).charts).toHaveLength(3);
  });

  it('discards a draft when told', async () => {
    const { shelf, make } = await start();
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 1, revision: 4, content };
    const model = make();
    const [offer] = await findOffers(model);
    await discardOffer(model, offer);
    expect(shelf.draft).toBeNull();
    expect([model.draft, model.state]).toEqual([null, 'saved']);
  });

  it('takes the place of a draft that another tab left from before this version', async () => {
    const { shelf, make } = await start();
    const model = make();
    const content = arrange(newDocument(), 'thirds');
    shelf.draft = { base_version: 0, revision: 4, content };
    const found: number[] = [];
    model.foundDraft = draft => {
      found.push(draft.revision);
      return Promise.resolve();
    };
    model.change(edited(model));
    await model.flush();
    model.retry();
    await model.flush();
    expect(found).toEqual([4]);
    expect(shelf.draft.content.charts).toHaveLength(4);
    expect(model.conflict).toBeNull();
  });

  it('keeps an edit in this browser until the service has it', async () => {
    const { shelf, make } = await start();
    const model = make();
    shelf.isDown = true;
    model.change(edited(model));
    await model.saveDraft();
    expect(model.state).toBe('offline-draft');
    const [kept] = await listLocalDrafts('a');
    expect((kept.content as LayoutDocument).charts).toHaveLength(4);
    // The page goes, the service comes back, and another page finds the edit.
    model.dispose();
    shelf.isDown = false;
    const again = make();
    const [offer] = await findOffers(again);
    expect(offer.source).toBe('browser');
    await restoreOffer(again, offer);
    expect(shelf.draft?.content.charts).toHaveLength(4);
    expect(await listLocalDrafts('a')).toEqual([]);
  });
});

describe('autosave', () => {
  it('costs one request per quiet period, and one per longest wait of a drag', async () => {
    const { shelf, service, make } = await start();
    let now = 0;
    let due: { at: number; act: () => void } | null = null;
    const clock = {
      now: () => now,
      setTimeout: (act: () => void, delay: number) => {
        due = { at: now + delay, act };
        return 1;
      },
      clearTimeout: () => {
        due = null;
      }
    };
    const pass = async (model: LayoutModel, milliseconds: number) => {
      now += milliseconds;
      if (due && due.at <= now) {
        const { act } = due;
        due = null;
        act();
        await model.enqueue(() => Promise.resolve());
      }
    };
    const model = make(clock);
    const drag = (change: number): void => {
      const [chart] = model.document.charts;
      const charts = [{ ...chart, symbol: `S${change}` }];
      model.change({ ...model.document, charts });
    };
    // 60 changes in 3 s, then rest.
    for (let change = 0; change < 60; change += 1) {
      drag(change);
      await pass(model, 50);
    }
    expect(service.seen).toHaveLength(0);
    await pass(model, 1000);
    await pass(model, 60_000);
    expect(service.seen.map(one => one.method)).toEqual(['PUT']);
    // 30 s without rest: one each 6 s, not one for each change.
    for (let change = 0; change < 300; change += 1) {
      drag(change);
      await pass(model, 100);
    }
    expect(service.seen.length - 1).toBeGreaterThanOrEqual(3);
    expect(service.seen.length - 1).toBeLessThanOrEqual(5);
    expect(shelf.draft).not.toBeNull();
  });
});
