import { createElement } from 'react';
import { hydrateRoot } from 'react-dom/client';

import { Shop } from './react.mjs';

hydrateRoot(document.getElementById('root'), createElement(Shop));
