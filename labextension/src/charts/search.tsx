/**
 * "Choose a symbol": typing finds instruments, Enter takes the one that is marked.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { QuantLabClient } from '../api/client';
import { isAborted } from '../api/errors';
import type { Instrument } from '../api/models';
import type { IDialogControl } from '../ui/dialog';
import { showForm } from '../ui/dialog';
import { EmptyState, ErrorBox, Skeleton } from '../ui/states';

import '../../style/open.css';
import '../../style/charts.css';

const LIST = 'quantlab-symbols';
const SEARCH_DELAY = 150;

/** Choose a symbol; null: left. */
export function askSymbol(
  client: QuantLabClient,
  current: string,
  trans: TranslationBundle
): Promise<string | null> {
  const choice = new Choice();
  return showForm<string>({
    title: trans.__('Choose a symbol'),
    className: 'jp-QuantLab-mod-symbols',
    accept: trans.__('Show'),
    cancel: trans.__('Cancel'),
    focus: 'input',
    render: control => (
      <Symbols
        client={client}
        current={current}
        control={control}
        trans={trans}
        choice={choice}
      />
    ),
    submit: () => choice.settled()
  });
}

/** The marked symbol. Whoever presses Enter before the list has come takes what will be marked in it. */
class Choice {
  /** @param isCurrent - the list belongs to what is typed */
  set(symbol: string | undefined, isCurrent: boolean): void {
    this._symbol = symbol;
    this._isCurrent = isCurrent;
    if (isCurrent) {
      this._tell?.(symbol);
      this._tell = null;
    }
  }

  /** Undefined: nothing was found. */
  settled(): Promise<string | undefined> {
    return this._isCurrent
      ? Promise.resolve(this._symbol)
      : new Promise(resolve => {
          this._tell = resolve;
        });
  }

  private _symbol: string | undefined;
  private _isCurrent = false;
  private _tell: ((symbol: string | undefined) => void) | null = null;
}

interface ISymbolsProps {
  client: QuantLabClient;
  current: string;
  control: IDialogControl;
  trans: TranslationBundle;
  choice: Choice;
}

type Found =
  | { status: 'loading' }
  | { status: 'error'; query: string; error: unknown }
  | { status: 'ready'; query: string; items: readonly Instrument[] };

function useInstruments(
  client: QuantLabClient,
  query: string
): [Found, () => void] {
  const [found, setFound] = React.useState<Found>({ status: 'loading' });
  const [turn, retry] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => {
      client.instruments(query, asking.signal).then(
        items => setFound({ status: 'ready', query, items }),
        (error: unknown) => {
          if (!isAborted(error)) {
            setFound({ status: 'error', query, error });
          }
        }
      );
    }, SEARCH_DELAY);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [client, query, turn]);
  return [found, retry];
}

function Symbols(props: ISymbolsProps): JSX.Element {
  const { client, current, control, trans, choice } = props;
  const [query, setQuery] = React.useState('');
  const [active, setActive] = React.useState(0);
  const [found, retry] = useInstruments(client, query.trim());
  const items = found.status === 'ready' ? found.items : [];
  // What was found for other words stays in sight until the answer comes, and is not taken.
  const isCurrent = found.status !== 'loading' && found.query === query.trim();
  const chosen = isCurrent
    ? items[Math.min(active, items.length - 1)]?.symbol
    : undefined;
  React.useEffect(() => {
    choice.set(chosen, isCurrent);
    control.setReady(!isCurrent || chosen !== undefined);
    if (chosen) {
      document
        .getElementById(optionId(chosen))
        ?.scrollIntoView({ block: 'nearest' });
    }
  }, [chosen, isCurrent, choice, control]);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 8,
      PageUp: -8
    };
    if (event.key in steps && items.length > 0) {
      event.preventDefault();
      const next = Math.min(active, items.length - 1) + steps[event.key];
      setActive(Math.max(0, Math.min(items.length - 1, next)));
    }
  };
  return (
    <div className="jp-QuantLab-Symbols">
      <input
        type="search"
        className="jp-mod-styled"
        role="combobox"
        aria-label={trans.__('Search symbols')}
        aria-controls={LIST}
        aria-expanded={items.length > 0}
        aria-activedescendant={chosen ? optionId(chosen) : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={trans.__('Search symbol or name, such as %1', current)}
        value={query}
        onChange={event => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      {found.status === 'error' ? (
        <ErrorBox error={found.error} trans={trans} onRetry={retry} />
      ) : found.status === 'loading' ? (
        <Skeleton rows={6} label={trans.__('Loading symbols')} />
      ) : items.length === 0 ? (
        <EmptyState
          title={trans.__('Nothing found')}
          text={trans.__('No instrument has this symbol or name.')}
        />
      ) : (
        <div
          id={LIST}
          role="listbox"
          aria-label={trans.__('Symbols')}
          className="jp-QuantLab-Open-list"
        >
          {items.map((item, index) => (
            <div
              key={item.id}
              id={optionId(item.symbol)}
              role="option"
              aria-selected={item.symbol === chosen}
              className="jp-QuantLab-Open-option"
              onClick={() => setActive(index)}
              onDoubleClick={() => {
                setActive(index);
                choice.set(item.symbol, true);
                control.submit();
              }}
            >
              <strong>{item.symbol.replace(/^[^:]*:/, '')}</strong>
              <bdi>{item.name}</bdi>
              <span className="jp-QuantLab-muted">
                {item.symbol.split(':')[0]}
              </span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function optionId(symbol: string): string {
  return `quantlab-symbol-${symbol.replace(/\W/g, '-')}`;
}
