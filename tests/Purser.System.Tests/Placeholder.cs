namespace Purser.SystemTests;
