from sim.strategies import *
