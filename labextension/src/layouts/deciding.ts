/**
 * Asks what to do about a stale save of a layout, and does it.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { ConflictError } from '../api/errors';
import type { LayoutItem } from '../api/models';
import { copyName } from '../saved/settling';
import type { IQuantLabLibrary } from '../tokens';
import { differenceOf, merge, overwrite } from './conflicts';
import { askConflict } from './dialogs';
import type { LayoutModel } from './model';

/** How many names of copies are tried. */
const TRIES = 50;

interface IDeciding {
  library: IQuantLabLibrary | null;
  trans: TranslationBundle;
}

/** Ask, and do it; false: the person goes on editing. Rejects as the client does; the change is kept. */
export async function decide(
  model: LayoutModel,
  item: LayoutItem,
  options: IDeciding
): Promise<boolean> {
  const { trans } = options;
  const choice = await askConflict({
    name: item.name,
    type: model.conflict?.type ?? 'gone',
    // What cannot be told must not keep the person from deciding.
    difference: await differenceOf(model).catch(() => ({
      theirs: '',
      places: []
    })),
    trans
  });
  switch (choice) {
    case 'merge':
      sayMerged(await merge(model), trans);
      return true;
    case 'overwrite':
      await overwrite(model);
      Notification.success(
        trans.__('Saved. What it replaced is in the version history.'),
        { autoClose: 4000 }
      );
      return true;
    case 'copy':
      await saveCopy(model, item, options);
      return true;
    default:
      return false;
  }
}

function sayMerged(places: number, trans: TranslationBundle): void {
  Notification.success(
    places === 0
      ? trans.__('Both sides are merged and saved.')
      : trans._n(
          'Merged and saved; your side was taken in %1 place.',
          'Merged and saved; your side was taken in %1 places.',
          places
        ),
    { autoClose: 6000 }
  );
}

/** Save this page's side under a free name, and go on as that layout. Rejects as the client does. */
export async function saveCopy(
  model: LayoutModel,
  item: LayoutItem,
  { library }: IDeciding
): Promise<void> {
  const project = item.access === 'owner' ? item.project_id : null;
  for (let number = 1; ; number += 1) {
    try {
      const made = await model.saveAs(copyName(item.name, number), project);
      library?.notify({ type: 'created', id: made.id });
      return;
    } catch (error) {
      const isTaken =
        error instanceof ConflictError && error.code === 'name_taken';
      if (!isTaken || number >= TRIES) {
        throw error;
      }
    }
  }
}
