# Of the results of detection.sh (slurped; $sites and $kinds with spaces between) a table for
# docs/detection.md: by $table, of the sites without an attack, or of each kind at each site.

def count: "\(.fa) in \(.quiet_device_days | floor) device-days";

def a_week:
    if .quiet_device_days > 0 then (.fa * 700 / .quiet_device_days | round) / 100 | tostring
    else "–" end;

def share($windows):
    if . == 0 then "0"
    else (. / $windows | log10 | floor) as $exponent
        | (. / $windows / pow(10; $exponent) * 10 | round / 10) as $digits
        | "\($digits)e\($exponent)" end;

# In brackets what was so already when it began.
def time:
    if .ttd == 0 then "(0 s)"
    elif .ttd < 7200 then "\(.ttd | ceil) s"
    else "\(.ttd / 3600 | round) h" end;

# After how long it was told, or what did not happen. A trap that is told is an alarm.
def cell:
    if . == null then "–"
    elif .traps > 0 then (if .trap > 0 then "told" else "quiet" end)
    elif .detected > 0 then time
    else "missed" end;

def row: "| " + join(" | ") + " |";
def rule: map("---") | row;

. as $all | ($sites | split(" ")) as $sites
| def of($site; $run): [$all[] | select(.site == $site and .run == $run)][0];
  def found($site; $kind):
    of($site; $kind) as $alone
    | if $alone == null then [of($site; "all").kinds[]? | select(.what == $kind)][0]
      elif $alone.traps > 0 then $alone
      else $alone.kinds[0] end;
  if $table == "benign" then
    ["site", "windows", "a ≥ 1", "2", "3", "4", "5", "alarms", "a device-week",
     "worst score", "another seed"]
    | row, rule,
      ($sites[] as $site | of($site; "none") | .anomalies[0] as $windows
       | [$site, ($windows | tostring), (.anomalies[1:][] | share($windows)), count, a_week,
          (.worst_quiet | round | tostring), (of($site; "other") // null
           | if . then a_week else "–" end)]
       | row)
  else
    (["attack"] + $sites
     | row, rule),
    ($kinds | split(" ")[] | select(. != "") | . as $kind
     | [$kind, ($sites[] | found(.; $kind) | cell)]
     | row),
    if any(.run == "all") then "", "Alarms beside the attacks: " +
      ([$sites[] as $site | of($site; "all") | "\($site) \(.fa)"] | join(", ")) + "."
    else empty end
  end
