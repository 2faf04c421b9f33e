// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Permit2} from "../src/Permit2.sol";
import {TestUSD} from "../src/TestUSD.sol";
import {IAllowanceTransfer} from "../src/interfaces/IAllowanceTransfer.sol";
import {ISignatureTransfer} from "../src/interfaces/ISignatureTransfer.sol";
import {PermitSignature} from "../src/permit2/PermitSignature.sol";
import {Test} from "./support/Test.sol";

/// @dev Says yes to one digest.
contract Wallet {
    bytes32 private immutable digest;

    constructor(bytes32 digest_) {
        digest = digest_;
    }

    function isValidSignature(bytes32 asked, bytes calldata) external view returns (bytes4) {
        return asked == digest ? bytes4(0x1626ba7e) : bytes4(0);
    }
}

/// @dev Hashes are laid by hand from the type strings that wallets sign, not by the contract's own code.
contract Permit2Test is Test {
    bytes32 private constant PERMISSIONS = keccak256("TokenPermissions(address token,uint256 amount)");
    bytes32 private constant SINGLE = keccak256(
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
    );
    bytes32 private constant BATCH = keccak256(
        "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
    );
    bytes32 private constant DETAILS =
        keccak256("PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)");
    bytes32 private constant ALLOWANCE = keccak256(
        "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
    );

    address private constant TO = address(0xbeef);
    Permit2 private permit2 = new Permit2();
    TestUSD private token = new TestUSD(address(this));
    uint256 private ownerKey = key(1);
    address private owner = vm.addr(ownerKey);

    constructor() {
        vm.warp(1_800_000_000);
        token.mint(owner, 1_000);
        vm.prank(owner);
        token.approve(address(permit2), type(uint256).max);
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                address(permit2)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function single(uint256 nonce) private view returns (ISignatureTransfer.PermitTransferFrom memory) {
        return ISignatureTransfer.PermitTransferFrom(
            ISignatureTransfer.TokenPermissions(address(token), 100), nonce, block.timestamp + 60
        );
    }

    function hash(ISignatureTransfer.PermitTransferFrom memory permit) private view returns (bytes32) {
        bytes32 permitted = keccak256(abi.encode(PERMISSIONS, permit.permitted.token, permit.permitted.amount));
        return digest(keccak256(abi.encode(SINGLE, permitted, address(this), permit.nonce, permit.deadline)));
    }

    function pay(ISignatureTransfer.PermitTransferFrom memory permit, uint256 amount, bytes memory signature) private {
        permit2.permitTransferFrom(permit, ISignatureTransfer.SignatureTransferDetails(TO, amount), owner, signature);
    }

    function test_a_signed_transfer_pays_once() external {
        ISignatureTransfer.PermitTransferFrom memory permit = single(0x1ff);
        bytes memory signature = sign(ownerKey, hash(permit));
        pay(permit, 60, signature);
        vm.assertEq(token.balanceOf(TO), 60, "paid");
        vm.assertEq(permit2.nonceBitmap(owner, 1), 1 << 255, "nonce spent");
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidNonce.selector));
        pay(permit, 60, signature);
    }

    function test_a_compact_signature_counts_too() external {
        ISignatureTransfer.PermitTransferFrom memory permit = single(7);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ownerKey, hash(permit));
        pay(permit, 100, abi.encodePacked(r, bytes32(uint256(s) | (v == 28 ? 1 << 255 : 0))));
        vm.assertEq(token.balanceOf(TO), 100, "paid");
    }

    function test_what_was_not_signed_is_refused() external {
        ISignatureTransfer.PermitTransferFrom memory permit = single(0);
        bytes memory signature = sign(ownerKey, hash(permit));
        vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.InvalidAmount.selector, 100));
        pay(permit, 101, signature);
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidSignatureLength.selector));
        pay(permit, 1, hex"00");
        permit.permitted.amount = 200;
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidSigner.selector));
        pay(permit, 150, signature);
        permit.permitted.amount = 100;
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidSignature.selector));
        pay(permit, 1, new bytes(65));
        vm.warp(permit.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.SignatureExpired.selector, permit.deadline));
        pay(permit, 1, signature);
    }

    function test_only_the_signed_spender_may_use_it() external {
        ISignatureTransfer.PermitTransferFrom memory permit = single(0);
        bytes memory signature = sign(ownerKey, hash(permit));
        vm.prank(TO);
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidSigner.selector));
        permit2.permitTransferFrom(permit, ISignatureTransfer.SignatureTransferDetails(TO, 1), owner, signature);
    }

    function test_a_contract_owner_is_asked_by_ERC_1271() external {
        ISignatureTransfer.PermitTransferFrom memory permit = single(0);
        Wallet wallet = new Wallet(hash(permit));
        token.mint(address(wallet), 100);
        vm.prank(address(wallet));
        token.approve(address(permit2), 100);
        ISignatureTransfer.SignatureTransferDetails memory details =
            ISignatureTransfer.SignatureTransferDetails(TO, 100);
        permit2.permitTransferFrom(permit, details, address(wallet), "");
        vm.assertEq(token.balanceOf(TO), 100, "paid");
        permit.nonce = 1;
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidContractSignature.selector));
        permit2.permitTransferFrom(permit, details, address(wallet), "");
    }

    function test_a_batch_pays_each_and_may_leave_some_out() external {
        ISignatureTransfer.TokenPermissions[] memory permitted = new ISignatureTransfer.TokenPermissions[](2);
        permitted[0] = ISignatureTransfer.TokenPermissions(address(token), 10);
        permitted[1] = ISignatureTransfer.TokenPermissions(address(1), 20);
        ISignatureTransfer.PermitBatchTransferFrom memory permit =
            ISignatureTransfer.PermitBatchTransferFrom(permitted, 5, block.timestamp);
        bytes32 list = keccak256(
            abi.encodePacked(
                keccak256(abi.encode(PERMISSIONS, address(token), 10)),
                keccak256(abi.encode(PERMISSIONS, address(1), 20))
            )
        );
        bytes memory signature =
            sign(ownerKey, digest(keccak256(abi.encode(BATCH, list, address(this), 5, block.timestamp))));
        ISignatureTransfer.SignatureTransferDetails[] memory details =
            new ISignatureTransfer.SignatureTransferDetails[](1);
        vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.LengthMismatch.selector));
        permit2.permitTransferFrom(permit, details, owner, signature);
        details = new ISignatureTransfer.SignatureTransferDetails[](2);
        details[0] = ISignatureTransfer.SignatureTransferDetails(TO, 10);
        permit2.permitTransferFrom(permit, details, owner, signature);
        vm.assertEq(token.balanceOf(TO), 10, "paid");
    }

    function test_spent_nonces_stay_spent() external {
        permit2.invalidateUnorderedNonces(0, 3);
        vm.assertEq(permit2.nonceBitmap(address(this), 0), 3, "spent");
        vm.prank(owner);
        permit2.invalidateUnorderedNonces(0, 1);
        ISignatureTransfer.PermitTransferFrom memory permit = single(0);
        bytes memory signature = sign(ownerKey, hash(permit));
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidNonce.selector));
        pay(permit, 1, signature);
    }

    function test_a_token_that_refuses_is_a_failed_transfer() external {
        ISignatureTransfer.PermitTransferFrom memory permit = single(0);
        permit.permitted.amount = 2_000;
        bytes memory signature = sign(ownerKey, hash(permit));
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "TRANSFER_FROM_FAILED"));
        pay(permit, 1_001, signature);
        vm.assertEq(permit2.nonceBitmap(owner, 0), 0, "nothing happened");
    }

    function test_an_allowance_is_used_up_and_ends() external {
        vm.prank(owner);
        permit2.approve(address(token), address(this), 100, uint48(block.timestamp + 10));
        permit2.transferFrom(owner, TO, 70, address(token));
        (uint160 left,,) = permit2.allowance(owner, address(token), address(this));
        vm.assertEq(left, 30, "used");
        vm.expectRevert(abi.encodeWithSelector(IAllowanceTransfer.InsufficientAllowance.selector, 30));
        permit2.transferFrom(owner, TO, 31, address(token));
        vm.warp(block.timestamp + 11);
        vm.expectRevert(abi.encodeWithSelector(IAllowanceTransfer.AllowanceExpired.selector, 1_800_000_010));
        permit2.transferFrom(owner, TO, 1, address(token));
    }

    function test_the_largest_allowance_is_not_used_up_and_lockdown_ends_it() external {
        vm.prank(owner);
        permit2.approve(address(token), address(this), type(uint160).max, 0);
        IAllowanceTransfer.AllowanceTransferDetails[] memory details =
            new IAllowanceTransfer.AllowanceTransferDetails[](2);
        details[0] = IAllowanceTransfer.AllowanceTransferDetails(owner, TO, 1, address(token));
        details[1] = IAllowanceTransfer.AllowanceTransferDetails(owner, TO, 2, address(token));
        permit2.transferFrom(details);
        (uint160 left, uint48 expiration,) = permit2.allowance(owner, address(token), address(this));
        vm.assertEq(left, type(uint160).max, "without end");
        vm.assertEq(expiration, block.timestamp, "0 is the end of this block");
        IAllowanceTransfer.TokenSpenderPair[] memory pairs = new IAllowanceTransfer.TokenSpenderPair[](1);
        pairs[0] = IAllowanceTransfer.TokenSpenderPair(address(token), address(this));
        vm.prank(owner);
        permit2.lockdown(pairs);
        vm.expectRevert(abi.encodeWithSelector(IAllowanceTransfer.InsufficientAllowance.selector, 0));
        permit2.transferFrom(owner, TO, 1, address(token));
    }

    function test_a_signed_allowance_counts_once() external {
        uint48 end = uint48(block.timestamp + 100);
        IAllowanceTransfer.PermitSingle memory permit = IAllowanceTransfer.PermitSingle(
            IAllowanceTransfer.PermitDetails(address(token), 50, end, 0), address(this), block.timestamp
        );
        bytes32 details = keccak256(abi.encode(DETAILS, address(token), 50, end, 0));
        bytes memory signature =
            sign(ownerKey, digest(keccak256(abi.encode(ALLOWANCE, details, address(this), block.timestamp))));
        permit2.permit(owner, permit, signature);
        permit2.transferFrom(owner, TO, 50, address(token));
        vm.assertEq(token.balanceOf(TO), 50, "paid");
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidNonce.selector));
        permit2.permit(owner, permit, signature);
    }

    function test_nonces_of_allowances_can_be_spent_but_not_too_many() external {
        permit2.invalidateNonces(address(token), TO, 5);
        (,, uint48 nonce) = permit2.allowance(address(this), address(token), TO);
        vm.assertEq(nonce, 5, "spent");
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidNonce.selector));
        permit2.invalidateNonces(address(token), TO, 5);
        vm.expectRevert(abi.encodeWithSelector(IAllowanceTransfer.ExcessiveInvalidation.selector));
        permit2.invalidateNonces(address(token), TO, 65_541);
    }
}
