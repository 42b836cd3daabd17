/**
 * Export with progress, import with a report item by item.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { isAborted } from '../api/errors';
import type { ImportItem, ImportReport } from '../api/models';
import type { IQuantLabLibrary } from '../tokens';
import { FormState, showForm, useFormState } from '../ui/dialog';
import { saveFile } from '../ui/files';
import { byteSize } from '../ui/format';
import { describe } from '../ui/problems';
import { ErrorBox } from '../ui/states';
import { counts, sortedItems } from './report';

import '../../style/transfer.css';

/** Download everything; a toast says that work goes on, and offers to stop it. */
export async function exportLibrary(
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<void> {
  const stop = new AbortController();
  const id = Notification.emit(
    trans.__('Exporting the library…'),
    'in-progress',
    {
      autoClose: false,
      actions: [{ label: trans.__('Stop'), callback: () => stop.abort() }]
    }
  );
  try {
    const archive = await client.exportAll(stop.signal);
    const day = new Date().toISOString().slice(0, 10);
    saveFile(`quantlab-${day}.zip`, archive);
    Notification.update({
      id,
      message: trans.__(
        'The library was exported (%1).',
        byteSize(archive.size)
      ),
      type: 'success',
      autoClose: 5000,
      actions: []
    });
  } catch (error) {
    const problem = describe(error, trans);
    Notification.update({
      id,
      message: isAborted(error)
        ? trans.__('The export was stopped.')
        : `${problem.message} ${problem.detail}`,
      type: isAborted(error) ? 'default' : 'error',
      autoClose: isAborted(error) ? 3000 : false,
      actions: []
    });
  }
}

type State = { file: File | null; busy: boolean; error: unknown };

/** Ask for a zip, send it, and say what became of every file in it. */
export async function importLibrary(
  client: QuantLabClient,
  library: IQuantLabLibrary,
  trans: TranslationBundle
): Promise<void> {
  const state = new FormState<State>({ file: null, busy: false, error: null });
  const report = await showForm<ImportReport>({
    title: trans.__('Import into library'),
    accept: trans.__('Import'),
    cancel: trans.__('Cancel'),
    focus: '#quantlab-import-file',
    render: control => (
      <ImportForm
        state={state}
        setReady={control.setReady.bind(control)}
        trans={trans}
      />
    ),
    submit: async () => {
      const { file } = state.value;
      if (!file) {
        return undefined;
      }
      state.set({ busy: true, error: null });
      try {
        return /\.json$/i.test(file.name)
          ? await importOne(file, client, trans)
          : await client.importAll(file);
      } catch (error) {
        state.set({ error });
        return undefined;
      } finally {
        state.set({ busy: false });
      }
    }
  });
  if (report) {
    library.notify({ type: 'unknown' });
    library.notify({ type: 'projects' });
    await showReport(report, trans);
  }
}

/** A single layout in a JSON file, reported as an archive of one. */
async function importOne(
  file: File,
  client: QuantLabClient,
  trans: TranslationBundle
): Promise<ImportReport> {
  const { importLayout } = await import('../layouts/files');
  const { id, name } = await importLayout(file, client.layouts, trans);
  const items: ImportItem[] = [
    { file: file.name, status: 'created', id, name }
  ];
  return { created: 1, renamed: 0, unchanged: 0, refused: 0, items };
}

function ImportForm(props: {
  state: FormState<State>;
  setReady: (ready: boolean) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { state, setReady, trans } = props;
  const value = useFormState(state);
  React.useEffect(() => setReady(value.file !== null));
  return (
    <div className="jp-QuantLab-Form">
      <p>
        {trans.__(
          'Choose a zip of notebooks (.ipynb), Python scripts (.py) and layouts (.layout.json), for example an earlier export, or the JSON file of one layout. Nothing in the library is overwritten, and nothing runs by itself.'
        )}
      </p>
      <label htmlFor="quantlab-import-file">{trans.__('File')}</label>
      <input
        id="quantlab-import-file"
        type="file"
        accept=".zip,application/zip,.json,application/json"
        onChange={event =>
          state.set({ file: event.target.files?.[0] ?? null, error: null })
        }
      />
      {value.busy ? (
        <div role="status">
          <progress aria-label={trans.__('Importing')} />{' '}
          {trans.__('Importing…')}
        </div>
      ) : null}
      {value.error ? (
        <ErrorBox
          error={value.error}
          trans={trans}
          kept={trans.__('Nothing was changed.')}
        />
      ) : null}
    </div>
  );
}

/** Every file and what became of it. */
async function showReport(
  report: ImportReport,
  trans: TranslationBundle
): Promise<void> {
  const { created, renamed, unchanged, refused } = counts(report);
  await showForm<null>({
    title: trans.__('Import report'),
    className: 'jp-QuantLab-mod-report',
    accept: null,
    cancel: trans.__('Close'),
    focus: '.jp-QuantLab-Report',
    render: () => (
      <>
        <p role="status">
          {trans.__(
            '%1 imported, %2 of them under another name; %3 already there; %4 refused.',
            created + renamed,
            renamed,
            unchanged,
            refused
          )}
        </p>
        <div
          className="jp-QuantLab-Report"
          tabIndex={0}
          role="region"
          aria-label={trans.__('Items')}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{trans.__('File')}</th>
                <th scope="col">{trans.__('Result')}</th>
                <th scope="col">{trans.__('Note')}</th>
              </tr>
            </thead>
            <tbody>
              {sortedItems(report).map((item, index) => (
                <tr key={index} className={`jp-mod-${item.status}`}>
                  <td>
                    <bdi>{item.file}</bdi>
                  </td>
                  <td>{statusLabel(item.status, trans)}</td>
                  <td>
                    <bdi>{item.message ?? item.name ?? ''}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </>
    )
  });
}

function statusLabel(
  status: ImportItem['status'],
  trans: TranslationBundle
): string {
  switch (status) {
    case 'created':
      return trans.__('✓ imported');
    case 'renamed':
      return trans.__('✓ imported, renamed');
    case 'unchanged':
      return trans.__('– already there');
    case 'refused':
      return trans.__('✕ refused');
  }
}
