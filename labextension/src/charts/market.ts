/**
 * What charts ask of the service.
 */
import type {
  Bars,
  Instrument,
  Study,
  StudyEvaluation,
  StudyRange
} from '../api/models';

export interface IMarketClient {
  instrument(symbol: string, signal?: AbortSignal): Promise<Instrument>;
  bars(
    query: {
      symbol: string;
      timeframe: string;
      from?: number;
      to?: number;
      limit: number;
    },
    signal?: AbortSignal
  ): Promise<Bars>;
  studies(): Promise<Study[]>;
  evaluateStudies(
    body: StudyRange,
    signal?: AbortSignal
  ): Promise<StudyEvaluation>;
}

const catalogues = new WeakMap<IMarketClient, Promise<Study[]>>();

/** The studies there are. Charts of one page ask once between them; rejects as the client does. */
export function studiesOf(client: IMarketClient): Promise<Study[]> {
  let asked = catalogues.get(client);
  if (!asked) {
    asked = client.studies();
    catalogues.set(client, asked);
    asked.catch(() => catalogues.delete(client));
  }
  return asked;
}
