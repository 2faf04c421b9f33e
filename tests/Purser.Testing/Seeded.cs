namespace Purser.Testing;
