import './styles.css'
import { render } from 'solid-js/web'
import { App } from './app.tsx'
import { language } from './i18n/i18n.ts'

document.documentElement.lang = language()
const theme = localStorage.getItem('theme')
if (theme !== null) document.documentElement.dataset['theme'] = theme
render(() => <App />, document.getElementById('app')!)
