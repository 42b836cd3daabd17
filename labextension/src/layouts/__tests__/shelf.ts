/**
 * One layout behind the API, as far as a page's model asks.
 */
import type { ISeen, IReply } from '../../api/__tests__/service';
import { refusal } from '../../api/__tests__/service';
import type { Layout, LayoutDocument, LayoutItem } from '../../api/models';
import { newDocument } from '../grid';

type Stored = { version: number; document: LayoutDocument };
type StoredDraft = {
  base_version: number;
  revision: number;
  content: LayoutDocument;
};

/** One layout and its draft, under the service's rules of versions. */
export class Shelf {
  layout: Stored = { version: 1, document: newDocument() };
  draft: StoredDraft | null = null;
  id = 'a';
  isDown = false;
  isGone = false;
  access: 'owner' | 'view' = 'owner';
  /** Called with each request, before it is answered. */
  before: (asked: ISeen) => void = () => undefined;

  answer(asked: ISeen): IReply {
    this.before(asked);
    if (this.isDown) {
      return refusal(503, 'busy');
    }
    if (this.isGone) {
      return refusal(404, 'not_found');
    }
    const path = asked.path.replace(`layouts/${this.id}`, 'layouts/a');
    const act = `${asked.method} ${path}`;
    if (/^GET layouts\/a\/versions\/\d+\/diff/.test(act)) {
      return { json: { words: 'AAPL 1D → 1W' } };
    }
    switch (act) {
      case 'GET layouts/a':
        return { json: this._item() };
      case 'PUT layouts/a':
        return this._save(asked);
      case 'GET layouts/a/draft':
        return this.draft ? { json: this._draft() } : refusal(404, 'not_found');
      case 'PUT layouts/a/draft':
        return this._putDraft(asked);
      case 'DELETE layouts/a/draft':
        this.draft = null;
        return { status: 204 };
      case 'POST layouts/a/versions':
        this.layout = {
          version: this.layout.version + 1,
          document: this.draft!.content
        };
        this.draft = null;
        return { json: this._item() };
      case 'POST layouts/a/merge':
        return {
          json: {
            base_version: 1,
            current_version: this.layout.version,
            conflicts: 0,
            content: (asked.body as { content: LayoutDocument }).content,
            places: []
          }
        };
      default:
        return refusal(404, act);
    }
  }

  item(): LayoutItem {
    return this._item() as unknown as LayoutItem;
  }

  whole(): Layout {
    return this._item() as unknown as Layout;
  }

  private _item() {
    return {
      id: this.id,
      name: 'A',
      kind: 'layout',
      access: this.access,
      ...this.layout
    };
  }

  private _draft() {
    const stale = this.draft!.base_version !== this.layout.version;
    return { ...this.draft, stale, updated_at: '2026-01-01T00:00:00Z' };
  }

  private _save(asked: ISeen): IReply {
    const body = asked.body as {
      document: LayoutDocument;
      draft_revision?: number;
    };
    if (asked.headers['if-match'] !== `"${this.layout.version}"`) {
      return refusal(412, 'version_conflict');
    }
    const version = this.layout.version + 1;
    this.layout = { version, document: body.document };
    if (body.draft_revision === this.draft?.revision) {
      this.draft = null;
    }
    return { json: this._item() };
  }

  private _putDraft(asked: ISeen): IReply {
    const body = asked.body as StoredDraft;
    if (body.base_version < this.layout.version) {
      return refusal(412, 'version_conflict');
    }
    const tag = asked.headers['if-match'];
    const fits = this.draft
      ? tag === `"d${this.draft.revision}"`
      : tag === undefined;
    if (!fits) {
      return refusal(412, 'draft_conflict');
    }
    const revision = (this.draft?.revision ?? 0) + 1;
    this.draft = { ...body, revision };
    return { json: this._draft() };
  }
}
