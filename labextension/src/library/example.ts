/**
 * The example: a research notebook on real prices, saved to the library the first time and opened.
 */
import { ConflictError } from '../api/errors';
import { attempt } from '../ui/attempt';
import type { ILibraryCommandsOptions } from './commands';

/** Save the example under its name, or find the one saved earlier, and open it. */
export async function openExample(
  options: ILibraryCommandsOptions
): Promise<void> {
  const { api, model, documents, trans } = options;
  const name = trans.__('Example: AAPL trend and drawdown');
  await attempt(trans, async () => {
    try {
      const { default: notebook } = await import('./example.json');
      const workflow = await api.client.workflows.create({
        name,
        notebook: notebook,
        description: trans.__(
          'Moving averages and drawdown on daily prices of AAPL.'
        ),
        tags: [trans.__('example')]
      });
      model.notify({ type: 'created', id: workflow.id, item: workflow });
      await documents?.open(workflow);
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        throw error;
      }
      const page = await api.client.workflows.list({
        name,
        kind: 'notebook',
        project: 'none',
        limit: 1
      });
      if (page.items.length === 0) {
        throw error;
      }
      await documents?.open(page.items[0]);
    }
  });
}
