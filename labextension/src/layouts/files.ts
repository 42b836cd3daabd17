/**
 * Layouts as JSON files: written as they are, and read with a clear word about what cannot be taken.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { ConflictError } from '../api/errors';
import type { LayoutsClient } from '../api/client';
import type { LayoutDocument, LayoutItem } from '../api/models';
import { copyName } from '../saved/settling';
import { fileName, saveFile } from '../ui/files';
import { cleanName } from '../ui/names';
import { SCHEMA_VERSION } from './document';
import { CHARTS_MAX } from './ids';

/** Bytes of a file. The service takes as much. */
const MOST = 1024 * 1024;

/** How many names are tried. */
const NAME_TRIES = 50;

/** Hand the document to the browser as `<name>.layout.json`. */
export function saveLayoutFile(name: string, document: LayoutDocument): void {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  saveFile(
    fileName({ name, kind: 'layout' }),
    new Blob([text], { type: 'application/json' })
  );
}

/** Ask for a file; null: left. */
export function askFile(): Promise<File | null> {
  return new Promise(resolve => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = '.json,application/json';
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/**
 * The document in the text of a file.
 *
 * @throws Error that says in words why it cannot be taken
 */
export function readLayout(
  text: string,
  trans: TranslationBundle
): LayoutDocument {
  const found = parsed(text) as Partial<LayoutDocument> | null;
  const version: unknown = found?.schema_version;
  const charts: unknown = found?.charts;
  if (typeof version !== 'number' || !Array.isArray(charts)) {
    throw new Error(
      trans.__(
        'This is no chart layout: it should be a JSON file with “schema_version” and “charts”, as exporting a layout makes it.'
      )
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new Error(
      trans.__(
        'This layout was saved by a newer QuantLab (schema version %1; this one reads up to %2). Update QuantLab to import it.',
        version,
        SCHEMA_VERSION
      )
    );
  }
  if (charts.length > CHARTS_MAX) {
    throw new Error(
      trans.__(
        'This layout has %1 charts; %2 are the most that one can have. Split it into several.',
        charts.length,
        CHARTS_MAX
      )
    );
  }
  return found as LayoutDocument;
}

/** Save the layout in a file under the file's name, or a free one like it. Rejects as the client does. */
export async function importLayout(
  file: File,
  client: LayoutsClient,
  trans: TranslationBundle
): Promise<LayoutItem> {
  // Before it is read: a file of gigabytes would take the page with it.
  if (file.size > MOST) {
    throw new Error(trans.__('A layout has at most 1 MB. Nothing was taken.'));
  }
  const document = readLayout(await file.text(), trans);
  const stem = file.name.replace(/(\.layout)?\.json$/i, '');
  const name = cleanName(stem) || trans.__('Imported layout');
  for (let number = 0; ; number += 1) {
    try {
      return await client.create({
        name: number === 0 ? name : copyName(name, number),
        document,
        origin: 'imported'
      });
    } catch (error) {
      const isTaken =
        error instanceof ConflictError && error.code === 'name_taken';
      if (!isTaken || number >= NAME_TRIES) {
        throw error;
      }
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
