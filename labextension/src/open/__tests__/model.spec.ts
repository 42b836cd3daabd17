import { afterEach, describe, expect, it } from 'vitest';

import { startService } from '../../api/__tests__/service';
import { QuantLabClient } from '../../api/client';
import { FinderModel } from '../model';

const item = (id: string, name: string): object => ({
  id,
  name,
  version: 1,
  description: '',
  tags: [],
  updated_at: '2024-01-01T00:00:00Z'
});

describe('finding what is saved', () => {
  let close = (): Promise<void> => Promise.resolve();
  afterEach(() => close());

  it('asks in the order of use, for own things or for shared ones', async () => {
    const service = await startService(({ path }) => {
      if (path.startsWith('layouts?')) {
        const shared = path.includes('shared=true');
        const items = shared ? [item('s', 'Theirs')] : [item('m', 'Mine')];
        return { json: { items, next_cursor: null } };
      }
      return { json: item(path.split('/')[1], 'whole') };
    });
    close = service.close;
    const { layouts } = new QuantLabClient(service.connection);
    const model = new FinderModel(layouts);
    await model.search();
    expect(model.active?.name).toBe('Mine');
    const arrived = new Promise<void>(resolve => {
      model.changed.connect(() => {
        if (model.active?.name === 'Theirs') {
          resolve();
        }
      });
    });
    model.setShared(true);
    // Nothing of one's own stays among what others share.
    expect(model.items).toEqual([]);
    await arrived;
    expect(
      service.seen
        .filter(({ path }) => path.startsWith('layouts?'))
        .every(({ path }) => path.includes('sort=-used_at'))
    ).toBe(true);
    model.dispose();
  });
});
