import { afterEach, describe, expect, it } from 'vitest';

import { startService } from '../../api/__tests__/service';
import { QuantLabClient } from '../../api/client';
import type { LayoutDocument } from '../../api/models';
import type { IStreamMessage } from '../../tokens';
import type { IFollowed } from '../elsewhere';
import { Elsewhere } from '../elsewhere';
import { arrange, newDocument } from '../grid';
import { LayoutModel } from '../model';
import { Shelf } from './shelf';

const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) {
    await close();
  }
});

/** One page with the layout, and the service that it talks to. */
async function start(isFollowing = false) {
  const shelf = new Shelf();
  const service = await startService(asked => shelf.answer(asked));
  open.push(service.close);
  const model = new LayoutModel({
    client: new QuantLabClient(service.connection).layouts,
    document: shelf.layout.document,
    item: shelf.item(),
    autosave: true,
    scope: id => id
  });
  open.unshift(() => model.dispose());
  const elsewhere = new Elsewhere(model, () => isFollowing);
  const followed: IFollowed[] = [];
  elsewhere.followed.connect((_, one) => {
    followed.push(one);
  });
  return { shelf, service, model, elsewhere, followed };
}

const told = (version: number | null, act = 'saved'): IStreamMessage => ({
  type: 'event',
  topic: 'library',
  resource: 'layouts',
  id: 'a',
  version,
  act
});

const charts = (document: LayoutDocument): number => document.charts.length;
const thirds = (): LayoutDocument => arrange(newDocument(), 'thirds');

describe('Elsewhere', () => {
  it('tells of a newer version and leaves an unedited page as it is', async () => {
    const { shelf, model, elsewhere } = await start();
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear(told(2));
    expect(elsewhere.news?.layout.version).toBe(2);
    expect(elsewhere.news?.words).toBe('AAPL 1D → 1W');
    expect([charts(model.document), model.baseVersion]).toEqual([1, 1]);
    expect(model.state).toBe('saved');
  });

  it('asks nothing about its own saves', async () => {
    const { service, model, elsewhere } = await start();
    model.change(thirds());
    // The service tells of it before its answer is here.
    const saving = model.save();
    const hearing = elsewhere.hear(told(2));
    await Promise.all([saving, hearing]);
    expect(service.seen.map(one => one.method)).toEqual(['PUT']);
    expect(elsewhere.news).toBeNull();
    expect(model.state).toBe('saved');
  });

  it('takes the version for its own when the answer got lost', async () => {
    const { shelf, model, elsewhere, followed } = await start();
    model.change(thirds());
    shelf.layout = { version: 2, document: model.document };
    await elsewhere.hear(told(2));
    expect([elsewhere.news, followed]).toEqual([null, []]);
    expect([model.state, model.baseVersion]).toEqual(['saved', 2]);
  });

  it('does not hear of other layouts and other things', async () => {
    const { service, elsewhere } = await start();
    await elsewhere.hear({ ...told(9), id: 'b' });
    await elsewhere.hear({ ...told(9), resource: 'workflows' });
    await elsewhere.hear({ type: 'resume', topic: 'library' });
    expect(service.seen).toEqual([]);
  });

  it('notices a save that came after the layout was read and before anything was told', async () => {
    const { shelf, elsewhere } = await start();
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear({ type: 'subscribed', topic: 'library' });
    expect(elsewhere.news?.layout.version).toBe(2);
  });

  it('shows newer versions by itself when it follows, and they can be taken back', async () => {
    const { shelf, model, elsewhere, followed } = await start(true);
    const before = model.document;
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear(told(2));
    expect(charts(model.document)).toBe(3);
    expect([model.state, model.baseVersion]).toEqual(['saved', 2]);
    expect(elsewhere.news).toBeNull();
    expect(followed.map(one => one.before)).toEqual([before]);
    model.change(followed[0].before, true);
    expect(model.isDirty).toBe(true);
    expect(await model.save()).toBe(true);
    expect([shelf.layout.version, charts(shelf.layout.document)]).toEqual([
      3, 1
    ]);
  });

  it('keeps an edit although it follows, and says so at once', async () => {
    const { shelf, model, elsewhere, followed } = await start(true);
    model.change(arrange(model.document, 'quad'));
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear(told(2));
    expect(followed).toEqual([]);
    expect(charts(model.document)).toBe(4);
    expect(model.conflict).toMatchObject({ type: 'version' });
    expect(elsewhere.news?.layout.version).toBe(2);
    expect(await model.save()).toBe(false);
    expect(shelf.layout.version).toBe(2);
  });

  it('follows when told', async () => {
    const { shelf, model, elsewhere, followed } = await start();
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear(told(2));
    await elsewhere.follow();
    expect([charts(model.document), followed.length]).toEqual([3, 1]);
    expect(elsewhere.news).toBeNull();
  });

  it('overwrites with the next save when told, with the draft on its way', async () => {
    const { shelf, model, elsewhere } = await start();
    model.change(arrange(model.document, 'quad'));
    await model.flush();
    expect(shelf.draft?.base_version).toBe(1);
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear(told(2));
    await elsewhere.overwriteLater();
    expect([elsewhere.news, model.conflict]).toEqual([null, null]);
    expect(model.isDirty).toBe(true);
    await model.flush();
    expect(shelf.draft?.base_version).toBe(2);
    expect(await model.save()).toBe(true);
    expect([shelf.layout.version, charts(shelf.layout.document)]).toEqual([
      3, 4
    ]);
    expect(shelf.draft).toBeNull();
  });

  it('says no more about a version that was put off, and speaks of the next', async () => {
    const { shelf, model, elsewhere } = await start();
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear(told(2));
    elsewhere.later();
    await elsewhere.hear({ type: 'missed', topic: 'library' });
    expect(elsewhere.news).toBeNull();
    shelf.layout = { version: 3, document: thirds() };
    await elsewhere.hear(told(3));
    expect(elsewhere.news?.layout.version).toBe(3);
    expect(model.baseVersion).toBe(1);
  });

  it('puts off versions of one layout, not of the one it goes on as', async () => {
    const { shelf, model, elsewhere } = await start();
    shelf.layout = { version: 5, document: thirds() };
    await elsewhere.hear(told(5));
    elsewhere.later();
    shelf.id = 'b';
    shelf.layout = { version: 1, document: model.document };
    model.versionSaved(shelf.item(), model.document);
    shelf.layout = { version: 2, document: thirds() };
    await elsewhere.hear({ ...told(2), id: 'b' });
    expect(elsewhere.news?.layout.version).toBe(2);
  });

  it('notices that it was deleted, and that it came back', async () => {
    const { shelf, model, elsewhere } = await start();
    shelf.isGone = true;
    await elsewhere.hear(told(1, 'deleted'));
    expect(model.conflict?.type).toBe('gone');
    shelf.isGone = false;
    await elsewhere.hear(told(1, 'undeleted'));
    expect([model.conflict, model.state]).toEqual([null, 'saved']);
  });

  it('gets by without an answer', async () => {
    const { shelf, model, elsewhere } = await start();
    shelf.isDown = true;
    await elsewhere.hear(told(2));
    expect(elsewhere.news).toBeNull();
    expect(model.state).toBe('saved');
  });
});
