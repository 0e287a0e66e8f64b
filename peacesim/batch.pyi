from sim.batch import *
