/**
 * What an open document and its parts speak of: the page's content, the
 * server's draft, and why a save was not taken.
 */
import type { QuantLabClient } from '../api/client';
import type { Workflow, WorkflowItem } from '../api/models';
import type { IClock } from '../saved/scheduler';
import type { StaleSide } from '../saved/settling';
import type { WorkflowContent } from './content';

/** The document model in the page. */
export interface IContentPort {
  /** The content as it stands; null while it cannot be read (a notebook edited as broken JSON). */
  read(): WorkflowContent | null;
  /** Put content into the page. */
  write(content: WorkflowContent): void;
  /** Tell JupyterLab whether there is something to save. */
  setDirty(dirty: boolean): void;
}

/** Why the server did not take an edit, when trying again is of no use. */
export type Conflict = StaleSide<Workflow>;

/** A save was refused because of {@link DocumentModel.conflict}. */
export class ConflictRaised extends Error {
  constructor() {
    super('This workflow was changed elsewhere.');
    this.name = 'ConflictRaised';
  }
}

export interface IModelOptions {
  client: QuantLabClient;
  port: IContentPort;
  item: WorkflowItem;
  /** Whose document it is on this page; edits are kept per person. */
  userId: () => string;
  clock?: IClock;
  quiet?: number;
  longest?: number;
}
