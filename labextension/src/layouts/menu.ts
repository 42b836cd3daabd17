/**
 * The menu of a layout's toolbar.
 */
import type { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import { LayoutCommandIDs, THEMES } from './ids';

const GROUPS = [
  [
    LayoutCommandIDs.saveAs,
    LayoutCommandIDs.duplicate,
    LayoutCommandIDs.share,
    LayoutCommandIDs.versions
  ],
  [LayoutCommandIDs.exportFile, LayoutCommandIDs.importFile],
  [LayoutCommandIDs.makeDefault, LayoutCommandIDs.undoLoad]
];

/** Show it below a button, which gets the focus back. */
export function openMenu(commands: CommandRegistry, button: HTMLElement): void {
  const menu = new Menu({ commands });
  for (const [at, group] of GROUPS.entries()) {
    if (at > 0) {
      menu.addItem({ type: 'separator' });
    }
    for (const command of group) {
      menu.addItem({ command });
    }
  }
  menu.addItem({ type: 'separator' });
  for (const theme of THEMES) {
    menu.addItem({ command: LayoutCommandIDs.theme, args: { theme } });
  }
  const { left, bottom } = button.getBoundingClientRect();
  menu.aboutToClose.connect(() => {
    button.focus();
  });
  menu.open(left, bottom);
}
