/**
 * Whose workflows the page shows. When another person takes over, nothing of the one before stays on it: their tabs
 * close, and what no server has waits in this browser until they are back. Kernels go on, as files do: they are the
 * Jupyter server's.
 */
import type { User } from '../api/models';
import { keepOffer, pageAsOffer } from '../saved/offers';
import type { IQuantLabSession } from '../tokens';
import type { Documents } from './documents';
import type { OpenDocument } from './openDocument';

/** Keeps people's workflows apart, as long as the page lives. */
export function keepApart(
  documents: Documents,
  session: IQuantLabSession
): void {
  session.userChanged.connect((_, user: User | null) => {
    if (!user && session.ended) {
      // It ran out: most likely the same person signs in again, with changes on the screen.
      return;
    }
    for (const document of documents.all) {
      const { person } = document;
      if (person !== null && person !== user?.id) {
        putAway(document);
      }
    }
  });
}

function putAway(document: OpenDocument): void {
  const { model, context, widgets } = document;
  const offer = model && !model.isSafe ? pageAsOffer(model) : null;
  // Nobody is asked: there is nothing to decide for whoever is here now.
  context.model.dirty = false;
  for (const widget of [...widgets]) {
    widget.dispose();
  }
  if (offer) {
    keepOffer(offer).catch((reason: unknown) => {
      console.warn('QuantLab: this browser could not keep an edit.', reason);
    });
  }
}
