#!/bin/sh
read -r line; echo '{"type":"hello","name":"n","version":"1","kind":"advisor","reads":[],"writes":["operator.heating_energy_advice"],"interval_s":10}'
read -r line; echo '{"type":"ready"}'
read -r line; while :; do printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; done
