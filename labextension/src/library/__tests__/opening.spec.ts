import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { describe, expect, it } from 'vitest';

import type { LibraryItem } from '../../api/models';
import { openSaved } from '../opening';

const trans = nullTranslator.load('quantlab');
const layout = { id: 'l-1', kind: 'layout', name: 'Swing' } as LibraryItem;

describe('opening what was saved', () => {
  it('hands a layout to whoever shows layouts', async () => {
    const commands = new CommandRegistry();
    const opened: unknown[] = [];
    commands.addCommand('quantlab:layout-open', {
      execute: args => opened.push(args.id)
    });
    await openSaved(layout, { commands, documents: null, trans });
    expect(opened).toEqual(['l-1']);
  });

  it('says so where nothing shows layouts', async () => {
    const commands = new CommandRegistry();
    await openSaved(layout, { commands, documents: null, trans });
    expect(Notification.manager.notifications.map(n => n.message)).toEqual([
      expect.stringContaining('“Swing” is a chart layout')
    ]);
  });
});
