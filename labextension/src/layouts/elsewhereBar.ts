/**
 * Tells the person of a layout that was saved elsewhere, and offers what can be done.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Banners, IBannerAction } from '../documents/banner';
import type { Elsewhere, IFollowed, INews } from './elsewhere';
import type { IChoice } from './opener';

export interface IElsewhereOptions {
  elsewhere: Elsewhere;
  banners: Banners;
  follow: IChoice;
  trans: TranslationBundle;
  /** Save what the page shows as another layout, and go on as that one. Never rejects. */
  copy(): Promise<void>;
  /** Compare both sides and decide. Never rejects. */
  settle(): Promise<void>;
}

const BAR = 'elsewhere';
const GONE = 'gone';

/** How long what was replaced can be had back from the message. Milliseconds. */
const UNDO = 10_000;

/** Show a bar while there is news, and a message when a version came in. */
export function tellElsewhere(options: IElsewhereOptions): void {
  const { elsewhere, banners } = options;
  elsewhere.changed.connect(() => {
    const { news } = elsewhere;
    if (news) {
      banners.show({
        id: BAR,
        tone: 'info',
        text: textOf(news, options),
        actions: actionsOf(options)
      });
    } else {
      banners.hide(BAR);
    }
  });
  elsewhere.model.changed.connect(() => sayGone(options));
  let said: string | null = null;
  elsewhere.followed.connect((_, followed) => {
    // One message per layout: taking an older one back would be a surprise by now.
    if (said !== null) {
      Notification.dismiss(said);
    }
    said = sayFollowed(followed, options);
  });
}

/** The layout is not there any more for this person: what the page shows is all there is of it here. */
function sayGone({ elsewhere, banners, trans, copy }: IElsewhereOptions): void {
  if (elsewhere.model.conflict?.type !== 'gone') {
    banners.hide(GONE);
  } else if (!banners.has(GONE)) {
    banners.show({
      id: GONE,
      tone: 'warning',
      text: trans.__(
        'This layout was deleted, or is no longer shared with you. What you see is kept here; save it as a copy to go on.'
      ),
      actions: [
        {
          label: trans.__('Save a copy'),
          caption: trans.__('A new layout of your own with what you see'),
          isPrimary: true,
          act: copy
        }
      ]
    });
  }
}

function textOf(news: INews, options: IElsewhereOptions): string {
  const { trans, elsewhere } = options;
  const { words } = news;
  const { version } = news.layout;
  const saved = words
    ? trans.__('Saved elsewhere: version %1 (%2).', version, words)
    : trans.__('Saved elsewhere: version %1.', version);
  return elsewhere.model.isDirty
    ? `${saved} ${trans.__('Your change is kept.')}`
    : saved;
}

function actionsOf(options: IElsewhereOptions): IBannerAction[] {
  const { elsewhere, trans } = options;
  const { model } = elsewhere;
  const mayWrite = model.item?.access !== 'view';
  const actions: IBannerAction[] = [
    model.isDirty
      ? {
          label: trans.__('Compare and decide'),
          caption: trans.__('Merge both sides, or keep one of them'),
          isPrimary: true,
          act: () => options.settle()
        }
      : {
          label: trans.__('Follow'),
          caption: trans.__(
            'Show it now, and what is saved elsewhere from now on by itself'
          ),
          isPrimary: true,
          act: async () => {
            await options.follow.set(true);
            await elsewhere.follow();
          }
        },
    {
      label: trans.__('Keep mine as a copy'),
      caption: trans.__('A new layout with your side; this one stays as it is'),
      act: () => options.copy()
    }
  ];
  if (mayWrite) {
    actions.push({
      label: trans.__('Overwrite when saving'),
      caption: trans.__(
        'Your next save replaces that version, which stays in the history'
      ),
      act: () => elsewhere.overwriteLater()
    });
  }
  actions.push({
    label: trans.__('Later'),
    caption: trans.__('You are asked again when you save'),
    act: () => elsewhere.later()
  });
  return actions;
}

function sayFollowed(followed: IFollowed, options: IElsewhereOptions): string {
  const { trans, follow, elsewhere } = options;
  const { model } = elsewhere;
  const { version, name } = followed.layout;
  return Notification.info(
    followed.words
      ? trans.__('“%1”: version %2 (%3).', name, version, followed.words)
      : trans.__('“%1”: version %2.', name, version),
    {
      autoClose: UNDO,
      actions: [
        {
          label: trans.__('Undo'),
          caption: trans.__('Show what was here before, as an unsaved change'),
          callback: () => {
            if (!model.isDisposed) {
              model.change(followed.before, true);
            }
          }
        },
        {
          label: trans.__('Stop following'),
          caption: trans.__('Ask before showing what is saved elsewhere'),
          callback: () => void follow.set(false)
        }
      ]
    }
  );
}
