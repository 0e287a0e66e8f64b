from sim.results import *
