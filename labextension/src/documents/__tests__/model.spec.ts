import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { QuantLabClient } from '../../api/client';
import { StaleError, UnreachableError } from '../../api/errors';
import type { Draft, Workflow } from '../../api/models';
import { DocumentModel } from '../model';

/** The service, as far as one script's page needs it. */
class Service {
  version = 1;
  code = 'x = 1\n';
  draft: Draft | null = null;
  revision = 0;
  /** Thrown after the next write was carried out. */
  lost: Error | null = null;
  /** Thrown by every read. */
  unread: Error | null = null;
  puts: string[] = [];

  workflow(): Workflow {
    return {
      id: 'w',
      name: 'Script',
      kind: 'python',
      access: 'owner',
      version: this.version,
      code: this.code
    } as unknown as Workflow;
  }

  get(): Promise<Workflow> {
    return this.unread
      ? Promise.reject(this.unread)
      : Promise.resolve(this.workflow());
  }

  async save(
    _id: string,
    body: { code: string; draft_revision?: number },
    base: number
  ): Promise<Workflow> {
    if (base !== this.version) {
      throw new StaleError(412, {
        code: 'version_conflict',
        message: 'Newer.',
        request_id: ''
      });
    }
    this.version += 1;
    this.code = body.code;
    if (this.draft?.revision === body.draft_revision) {
      this.draft = null;
    }
    await this._answer();
    return this.workflow();
  }

  async versionFromDraft(
    id: string,
    revision: number,
    base: number
  ): Promise<Workflow> {
    const code = this.draft?.content as string;
    return this.save(id, { code, draft_revision: revision }, base);
  }

  async putDraft(
    _id: string,
    body: { base_version: number; content: string },
    after: number | null
  ): Promise<Draft> {
    this.puts.push(body.content);
    if (body.base_version !== this.version) {
      throw new StaleError(412, {
        code: 'version_conflict',
        message: 'Newer.',
        request_id: ''
      });
    }
    if (after !== (this.draft?.revision ?? null)) {
      throw new StaleError(412, {
        code: 'draft_conflict',
        message: 'Newer draft.',
        request_id: ''
      });
    }
    this.revision += 1;
    this.draft = {
      base_version: this.version,
      revision: this.revision,
      updated_at: '2026-01-01T00:00:00Z',
      stale: false,
      content: body.content
    };
    await this._answer();
    return this.draft;
  }

  private _answer(): Promise<void> {
    const lost = this.lost;
    this.lost = null;
    return lost ? Promise.reject(lost) : Promise.resolve();
  }
}

describe('DocumentModel', () => {
  let service: Service;
  let page: string;
  let model: DocumentModel;

  beforeEach(() => {
    vi.useFakeTimers();
    service = new Service();
    page = service.code;
    const client = {
      workflows: {
        get: () => service.get(),
        save: service.save.bind(service),
        putDraft: service.putDraft.bind(service),
        versionFromDraft: service.versionFromDraft.bind(service),
        draft: () =>
          service.unread
            ? Promise.reject(service.unread)
            : Promise.resolve(service.draft)
      },
      connection: { apiUrl: '/api' }
    } as unknown as QuantLabClient;
    model = new DocumentModel({
      client,
      port: {
        read: () => page,
        write: content => {
          page = content as string;
        },
        setDirty: () => undefined
      },
      item: service.workflow(),
      userId: () => 'u'
    });
    model.loaded(service.workflow());
  });

  afterEach(() => {
    model.dispose();
    vi.useRealTimers();
  });

  const type = async (text: string): Promise<void> => {
    page = text;
    model.edited();
    await vi.advanceTimersByTimeAsync(5000);
  };

  it('leaves an undecided draft alone while the page is unedited', async () => {
    service.draft = { revision: 7, content: 'earlier' } as unknown as Draft;
    model.draft = { revision: 7, key: null, fullKey: null };
    await type(page);
    await model.saveVersion();
    expect(service.puts).toEqual([]);
    expect(service.draft.revision).toBe(7);
    expect(model.state).toBe('saved');
  });

  it.each([0, 5000])(
    'goes on from a version whose answer got lost',
    async wait => {
      page = 'x = 2\n';
      model.edited();
      // With and without a draft that becomes the version.
      await vi.advanceTimersByTimeAsync(wait);
      service.lost = new UnreachableError('gone');
      await expect(model.saveVersion()).rejects.toThrow(UnreachableError);
      expect(service.version).toBe(2);
      await type('x = 3\n');
      await vi.advanceTimersByTimeAsync(60_000);
      expect(model.conflict).toBeNull();
      expect(model.baseVersion).toBe(2);
      await model.saveVersion();
      expect([service.version, service.code]).toEqual([3, 'x = 3\n']);
    }
  );

  it('goes on from a draft whose answer got lost', async () => {
    service.lost = new UnreachableError('gone');
    await type('x = 2\n');
    page = 'x = 3\n';
    model.edited();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.conflict).toBeNull();
    expect(service.draft?.content).toBe('x = 3\n');
    expect(model.isSafe).toBe(true);
  });

  it('tries again when it cannot be asked what is there', async () => {
    service.version = 2;
    service.code = 'x = 20\n';
    service.unread = new UnreachableError('gone');
    await type('x = 2\n');
    expect(model.state).toBe('offline-draft');
    service.unread = null;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.state).toBe('conflict');
    expect(page).toBe('x = 2\n');
  });

  it('is safe only with what the server has', async () => {
    expect(model.isSafe).toBe(true);
    page = 'x = 2\n';
    expect([model.isEdited, model.isSafe]).toEqual([true, false]);
    model.edited();
    await vi.advanceTimersByTimeAsync(5000);
    expect([model.isEdited, model.isSafe]).toEqual([true, true]);
  });
});
