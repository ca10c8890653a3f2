import { createElement } from 'react';
import { hydrateRoot } from 'react-dom/client';

import { Document } from './react.mjs';

hydrateRoot(document, createElement(Document));
