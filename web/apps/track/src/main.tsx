import "@supportcarr/ui/theme.css";
