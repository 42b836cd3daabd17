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
