// Without the web font that the default theme brings: nothing to download before there is something to read.
import DefaultTheme from 'vitepress/theme-without-fonts'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet gives nothing to assign
import './site.css'

export default DefaultTheme
