from sim.cli import *
