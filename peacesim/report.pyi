from sim.report import *
