#!/bin/sh
# Answers every question with two lines, the second of which is a bigger wish.
while read -r line; do
  case "$line" in
    *'"hello"'*) echo '{"type":"hello","name":"twice","version":"1","kind":"advisor","reads":["ladle_furnace.dip_temperature"],"writes":["operator.heating_energy_advice"],"interval_s":10}' ;;
    *'"start"'*) echo '{"type":"ready"}' ;;
    *'"stop"'*) exit 0 ;;
    *) printf '{"type":"answer","set":{"operator.heating_energy_advice":1}}\n{"type":"answer","set":{"operator.heating_energy_advice":3}}\n' ;;
  esac
done
