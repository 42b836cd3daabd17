/**
 * What others do to a workflow that is open here: a version of theirs, access given, changed or ended.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { NotFoundError } from '../api/errors';
import type { IQuantLabStream, IStreamMessage } from '../tokens';
import type { Banners } from './banner';
import { contentKey, contentOf } from './content';
import type { Documents } from './documents';
import type { OpenDocument } from './openDocument';

const BAR = 'elsewhere';

export interface IWatchOptions {
  documents: Documents;
  stream: IQuantLabStream;
  banners: (document: OpenDocument) => Banners;
  trans: TranslationBundle;
}

/** Listen from now on. */
export function watchElsewhere(options: IWatchOptions): void {
  options.stream.listen('library', message => {
    for (const document of concerned(options.documents, message)) {
      void look(document, options);
    }
  });
}

function concerned(
  documents: Documents,
  message: IStreamMessage
): OpenDocument[] {
  if (message.type === 'missed') {
    return [...documents.all];
  }
  const isAbout = message.type === 'event' && message.resource === 'workflows';
  return isAbout
    ? documents.all.filter(one => one.model?.item.id === message.id)
    : [];
}

/** Ask what is stored now, and say what is different. Never rejects: saving finds out in any case. */
async function look(
  document: OpenDocument,
  { documents, banners, trans }: IWatchOptions
): Promise<void> {
  const { model } = document;
  if (!model) {
    return;
  }
  const { id } = model.item;
  try {
    const stored = await documents.client.workflows.get(id);
    if (model.isDisposed || model.item.id !== id) {
      return;
    }
    if (model.conflict?.type === 'gone') {
      model.leaveConflict();
    }
    model.updateItem(stored);
    const { version } = stored;
    const isNews =
      version > model.baseVersion &&
      !model.conflict &&
      model.state !== 'saving' &&
      !model.hasSentVersion(contentKey(contentOf(stored)));
    if (isNews) {
      tell(document, version, { documents, banners, trans });
    }
  } catch (reason) {
    if (reason instanceof NotFoundError && !model.isDisposed) {
      banners(document).hide(BAR);
      model.enterConflict({ type: 'gone' });
      return;
    }
    console.warn('QuantLab: a workflow could not be looked up.', reason);
  }
}

function tell(
  document: OpenDocument,
  version: number,
  { documents, banners, trans }: Omit<IWatchOptions, 'stream'>
): void {
  const { model } = document;
  const bars = banners(document);
  const hide = (): void => {
    model?.changed.disconnect(update);
    bars.hide(BAR);
  };
  const update = (): void => {
    if (!model || model.baseVersion >= version || model.conflict) {
      hide();
    }
  };
  model?.changed.connect(update);
  bars.show({
    id: BAR,
    text: trans.__('Version %1 was saved elsewhere.', version),
    actions: [
      {
        label: trans.__('Show it'),
        caption: trans.__('What you have not saved is kept and offered again'),
        isPrimary: true,
        act: async () => {
          hide();
          await documents.reload(model?.item.id ?? '');
        }
      },
      { label: trans.__('Later'), act: hide }
    ]
  });
}
