from sim.analysis import *
