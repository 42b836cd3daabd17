/**
 * Texts of charts in cells. Outside JupyterLab there is no translator: what stands in the code is what is shown.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

export const words: Pick<TranslationBundle, '__'> = {
  __: (text: string, ...values: unknown[]): string =>
    text.replace(/%(\d)/g, (_, place: string) =>
      String(values[Number(place) - 1])
    )
};
