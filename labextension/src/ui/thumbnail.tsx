/**
 * The small picture of a saved layout, loaded with the person's session once it comes into sight.
 */
import * as React from 'react';

import type { LayoutsClient } from '../api/client';
import type { LibraryItem } from '../api/models';

import '../../style/thumbnail.css';

export interface IThumbnailProps {
  item: Pick<LibraryItem, 'id' | 'thumbnail_version'>;
  client: LayoutsClient;
  /** What stands there until the picture has come, and when there is none. */
  children?: React.ReactNode;
}

/** It decorates what a name and words say too. */
export function Thumbnail(props: IThumbnailProps): JSX.Element {
  const { item, client, children } = props;
  const { id, thumbnail_version: version } = item;
  const frame = React.useRef<HTMLSpanElement>(null);
  const isSeen = useSeen(frame);
  const [url, setUrl] = React.useState<string | null>(null);
  React.useEffect(() => {
    if (!isSeen || !version) {
      return undefined;
    }
    const loading = new AbortController();
    let made: string | null = null;
    client.thumbnail(id, loading.signal).then(
      picture => {
        if (!loading.signal.aborted) {
          made = URL.createObjectURL(picture);
          setUrl(made);
        }
      },
      // Without it the words are enough.
      () => undefined
    );
    return () => {
      loading.abort();
      setUrl(null);
      if (made) {
        URL.revokeObjectURL(made);
      }
    };
  }, [isSeen, client, id, version]);
  return (
    <span
      ref={frame}
      className={`jp-QuantLab-Thumbnail${url ? ' jp-mod-picture' : ''}`}
      aria-hidden
    >
      {url ? <img src={url} alt="" draggable={false} /> : children}
    </span>
  );
}

/** Whether something has come near to what is in sight. */
function useSeen(box: React.RefObject<HTMLElement>): boolean {
  const [isSeen, see] = React.useState(false);
  React.useEffect(() => {
    if (isSeen || !box.current) {
      return undefined;
    }
    const observer = new IntersectionObserver(
      entries => {
        if (entries.some(entry => entry.isIntersecting)) {
          see(true);
        }
      },
      { rootMargin: '200px' }
    );
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box, isSeen]);
  return isSeen;
}
