/**
 * The form behind "Save as workflow" and "New workflow": what is typed, whether the name is free, and the saving.
 */
import { Debouncer } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { UUID } from '@lumino/coreutils';

import type { QuantLabClient } from '../api/client';
import { ConflictError } from '../api/errors';
import type { Workflow, WorkflowCreate, WorkflowKind } from '../api/models';
import type { NameProblem } from '../ui/names';
import { cleanName, nameProblem, sameName, withTag } from '../ui/names';
import type { ProjectChoice } from '../ui/project';
import { NEW_PROJECT, projectId } from '../ui/project';

/** How long typing must rest before the name is looked up. Milliseconds. */
const CHECK_DELAY = 250;

/** What is saved: exactly one of the two, and where it comes from. */
export type Source = {
  kind: WorkflowKind;
  notebook?: Record<string, unknown>;
  code?: string;
  origin: 'authored' | 'imported';
};

/** `unknown`: not asked, or the service did not answer; saving then tells. */
export type NameState = 'unknown' | 'checking' | 'free' | 'taken';

/** What the form holds. */
export class SaveModel {
  constructor(
    private readonly _client: QuantLabClient,
    initial: { name: string; kind: WorkflowKind; project?: string }
  ) {
    this.name = initial.name;
    this.kind = initial.kind;
    this.project = { project: initial.project ?? '', newProject: '' };
    this._debouncer = new Debouncer(() => this._check(), CHECK_DELAY);
    void this._check();
  }

  name: string;
  kind: WorkflowKind;
  description = '';
  tags: string[] = [];
  /** A tag that is typed and not yet a chip. */
  tagText = '';
  project: ProjectChoice;
  /** Why the last attempt failed; null before, and after a change. */
  error: unknown = null;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get nameState(): NameState {
    return this._nameState;
  }

  /** What is wrong with the name by itself, or null. */
  get nameProblem(): NameProblem | null {
    return nameProblem(this.name);
  }

  /** The name can be sent. */
  get canSave(): boolean {
    return this.nameProblem === null && this._nameState !== 'taken';
  }

  dispose(): void {
    this._debouncer.dispose();
    this._asking?.abort();
    Signal.clearData(this);
  }

  /** Change some members and look the name up again where it matters. */
  set(
    change: Partial<
      Pick<
        SaveModel,
        'name' | 'kind' | 'description' | 'tags' | 'tagText' | 'project'
      >
    >
  ): void {
    Object.assign(this, change);
    this.error = null;
    if ('name' in change || 'project' in change || 'kind' in change) {
      this._asking?.abort();
      this._nameState = 'unknown';
      if (this.nameProblem === null) {
        // Rejects when a later change overtakes it.
        this._debouncer.invoke().catch(() => undefined);
      }
    }
    this._changed.emit();
  }

  /**
   * Create the workflow. What was typed stays when it fails, and `error` says why.
   *
   * @returns the workflow, or undefined when it failed.
   */
  async save(source: Source): Promise<Workflow | undefined> {
    this.error = null;
    try {
      const project = await projectId(this.project, this._client);
      // A second attempt must find the project, not make it again.
      this.project = { project: project ?? '', newProject: '' };
      const body: WorkflowCreate = {
        name: cleanName(this.name),
        description: this.description,
        tags: withTag(this.tags, this.tagText),
        project_id: project,
        origin: source.origin,
        ...(source.kind === 'python'
          ? { code: source.code ?? '' }
          : { notebook: source.notebook })
      };
      return await this._client.workflows.create(body, this._keyOf(body));
    } catch (error) {
      if (error instanceof ConflictError && error.code === 'name_taken') {
        this._nameState = 'taken';
      }
      this.error = error;
      this._changed.emit();
      return undefined;
    }
  }

  /** Asks whether the name is free. Failures leave it unknown: saving has the last word. */
  private async _check(): Promise<void> {
    const name = cleanName(this.name);
    if (this.nameProblem !== null || this.project.project === NEW_PROJECT) {
      return;
    }
    this._asking?.abort();
    const asking = new AbortController();
    this._asking = asking;
    this._setNameState('checking');
    try {
      const page = await this._client.workflows.list(
        {
          name,
          project: this.project.project || 'none',
          kind: this.kind,
          limit: 5
        },
        asking.signal
      );
      if (asking === this._asking && !asking.signal.aborted) {
        const taken = page.items.some(
          item => item.access === 'owner' && sameName(item.name, name)
        );
        this._setNameState(taken ? 'taken' : 'free');
      }
    } catch {
      if (asking === this._asking && !asking.signal.aborted) {
        this._setNameState('unknown');
      }
    }
  }

  private _setNameState(state: NameState): void {
    this._nameState = state;
    this._changed.emit();
  }

  /** The same attempt has the same key, so that a lost answer does not make two workflows. */
  private _keyOf(body: WorkflowCreate): string {
    const print = JSON.stringify(body);
    if (this._attempt?.print !== print) {
      this._attempt = { print, key: UUID.uuid4() };
    }
    return this._attempt.key;
  }

  private _nameState: NameState = 'unknown';
  private _asking: AbortController | null = null;
  private _attempt: { print: string; key: string } | null = null;
  private readonly _debouncer: Debouncer;
  private readonly _changed = new Signal<this, void>(this);
}
