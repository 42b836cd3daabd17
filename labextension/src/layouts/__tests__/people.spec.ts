import 'fake-indexeddb/auto';
import { Signal } from '@lumino/signaling';
import { afterEach, describe, expect, it } from 'vitest';

import { startService } from '../../api/__tests__/service';
import { QuantLabClient } from '../../api/client';
import type { LayoutDocument, LayoutItem, User } from '../../api/models';
import {
  draftScope,
  listLocalDrafts,
  takeLocalDrafts
} from '../../saved/localDrafts';
import type { IQuantLabSession } from '../../tokens';
import { arrange, newDocument } from '../grid';
import { LayoutModel } from '../model';
import type { IOwner, IPeopleOptions } from '../people';
import { People } from '../people';
import { Shelf } from './shelf';

const SERVER = 'http://here/';

const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) {
    await close();
  }
  for (const person of ['ada', 'mary', 'local', 'nobody']) {
    for (const id of ['', 'a']) {
      await takeLocalDrafts(draftScope(person, SERVER, id));
    }
  }
});

/** A page's session, as far as layouts ask. */
class Session {
  user: User | null = null;
  ended = false;
  readonly userChanged = new Signal<this, User | null>(this);

  get state() {
    return this.user ? 'signed-in' : 'signed-out';
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  enter(id: string | null, hasEnded = false): void {
    this.user = id ? ({ id, is_local: id === 'local' } as User) : null;
    this.ended = hasEnded;
    this.userChanged.emit(this.user);
  }
}

/** A tab as far as this part knows one. */
class Tab {
  isDisposed = false;

  constructor(
    readonly owner: IOwner,
    model: LayoutModel
  ) {
    this.content = { model };
  }

  readonly content: { model: LayoutModel };

  dispose(): void {
    this.isDisposed = true;
    this.content.model.dispose();
  }
}

async function start(person: string | null) {
  const shelf = new Shelf();
  const service = await startService(asked => shelf.answer(asked));
  open.push(service.close);
  const client = new QuantLabClient(service.connection).layouts;
  const session = new Session();
  session.enter(person);
  const tabs: Tab[] = [];
  const brought: LayoutDocument[] = [];
  const people = new People({
    session: session as unknown as IQuantLabSession,
    server: SERVER,
    tracker: {
      forEach: (act: (tab: Tab) => void) =>
        tabs.filter(tab => !tab.isDisposed).forEach(act)
    } as unknown as IPeopleOptions['tracker'],
    bring: document => {
      brought.push(document);
      return Promise.resolve();
    }
  });
  const show = async (item: LayoutItem | null): Promise<Tab> => {
    const owner = await people.here();
    const model = new LayoutModel({
      client,
      document: newDocument(),
      item,
      autosave: false,
      scope: id => people.scope(owner, id)
    });
    open.unshift(() => model.dispose());
    const tab = new Tab(owner, model);
    tabs.push(tab);
    return tab;
  };
  return { shelf, service, session, people, brought, show };
}

const edit = ({ content: { model } }: Tab): void =>
  model.change(arrange(model.document, 'quad'));

describe('People', () => {
  it('closes what another person leaves, and keeps their edits for them', async () => {
    const { shelf, service, session, show } = await start('ada');
    const tab = await show(shelf.item());
    edit(tab);
    session.enter('mary');
    expect(tab.isDisposed).toBe(true);
    await expect
      .poll(() => listLocalDrafts(draftScope('ada', SERVER, 'a')))
      .toHaveLength(1);
    expect(await listLocalDrafts(draftScope('mary', SERVER, 'a'))).toEqual([]);
    // Nothing of it may reach the service in the name of who is here now.
    expect(await tab.content.model.save()).toBe(false);
    await expect(tab.content.model.saveAs('Hers', null)).rejects.toThrow();
    expect(service.seen).toEqual([]);
  });

  it('brings new layouts back to who began them', async () => {
    const { session, brought, show } = await start('ada');
    const [edited, untouched] = [await show(null), await show(null)];
    edit(edited);
    session.enter(null);
    expect([edited.isDisposed, untouched.isDisposed]).toEqual([true, true]);
    const scope = draftScope('ada', SERVER, '');
    await expect.poll(() => listLocalDrafts(scope)).toHaveLength(1);
    session.enter('mary');
    session.enter('ada');
    await expect.poll(() => brought.length).toBe(1);
    expect(brought[0].charts).toHaveLength(4);
    expect(await listLocalDrafts(scope)).toEqual([]);
  });

  it('leaves everything while a session has only run out', async () => {
    const { shelf, session, show } = await start('ada');
    const tab = await show(shelf.item());
    edit(tab);
    session.enter(null, true);
    expect(tab.isDisposed).toBe(false);
    session.enter('ada');
    expect(tab.isDisposed).toBe(false);
    session.enter(null, true);
    session.enter('mary');
    expect(tab.isDisposed).toBe(true);
  });

  it('lets who signs in take along what the local account has begun', async () => {
    const { shelf, session, show } = await start('local');
    const [begun, saved] = [await show(null), await show(shelf.item())];
    edit(begun);
    session.enter('ada');
    expect([begun.isDisposed, saved.isDisposed]).toEqual([false, true]);
    expect(begun.owner.id).toBe('ada');
    session.enter('local');
    expect(begun.isDisposed).toBe(true);
  });

  it('drops an answer that another person asked for', async () => {
    const { session, people } = await start('ada');
    expect((await people.ask(() => Promise.resolve(1)))?.[0]).toBe(1);
    const asked = people.ask(() => {
      session.enter('mary');
      return Promise.resolve(1);
    });
    expect(await asked).toBeNull();
    expect([await people.isHere('ada'), await people.isHere('mary')]).toEqual([
      false,
      true
    ]);
  });
});
