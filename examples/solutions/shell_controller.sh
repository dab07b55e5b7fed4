#!/bin/sh
# A controller without Python: one JSON message a line comes in, one line goes out for each.
# Heats 1 MWh while the last dip lies below the target (whole degrees), else nothing.

value() {  # the whole part of the number after "$1": in $line, nothing for null
    rest=${line#*\"$1\":}
    rest=${rest%%[,\}]*}
    [ "$rest" = null ] || printf '%s' "${rest%%.*}"
}

while IFS= read -r line; do
    case $line in
    *'"type":"hello"'*)
        echo '{"type":"hello","name":"shell controller","version":"1.0","kind":"controller",' \
            '"reads":["ladle_furnace.dip_temperature","ladle_furnace.target_temperature"],' \
            '"writes":["operator.heating_energy_setpoint"],"interval_s":10}' ;;
    *'"type":"start"'*) echo '{"type":"ready"}' ;;
    *'"type":"decide"'*)
        dip=$(value ladle_furnace.dip_temperature)
        target=$(value ladle_furnace.target_temperature)
        if [ -z "$dip" ] || [ -z "$target" ]; then
            echo '{"type":"answer","set":{}}'
        elif [ "$dip" -lt "$target" ]; then
            echo '{"type":"answer","set":{"operator.heating_energy_setpoint":1.0}}'
        else
            echo '{"type":"answer","set":{"operator.heating_energy_setpoint":0.0}}'
        fi ;;
    *'"type":"stop"'*) exit 0 ;;
    esac
done
